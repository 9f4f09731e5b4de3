using System.Text.Json;

namespace Ledger.Cli.Output;

/// <summary>A problem for people on standard error; with <c>--json</c> as a document on standard output, where the answer would have been.</summary>
internal static class ProblemText
{
    public static int Print(Refusal refusal, bool json, Surroundings around)
    {
        var problem = refusal.Problem;
        if (json)
        {
            var stream = new MemoryStream();
            using (var writer = new Utf8JsonWriter(stream, Plain.Json(true)))
            {
                writer.WriteStartObject();
                writer.WritePropertyName("problem");
                problem.WriteTo(writer);
                writer.WriteEndObject();
            }
            around.Out.WriteLine(Plain.Of(stream));
            return problem.Exit;
        }

        var style = new Style(Style.Wanted(around, around.ErrIsTerminal, false));
        around.Err.WriteLine($"{style.Red("ledger:")} {SafeText.Of(problem.Detail)}");
        // Of a key that was refused the sentence says all there is; its field would only look like something to fill in.
        if (problem.Field is { } field && problem.Code != "credential.refused" && !problem.Detail.Contains(field, StringComparison.OrdinalIgnoreCase))
            around.Err.WriteLine($"  field: {SafeText.Of(field)}{(problem.Value is { } value ? $" = {SafeText.Fit(SafeText.Of(value), 80)}" : "")}");
        if (problem.Candidates is { Count: > 0 } candidates && !(candidates.Count == 1 && problem.Detail.Contains(candidates[0], StringComparison.Ordinal)))
        {
            around.Err.WriteLine("  which one?");
            for (var i = 0; i < candidates.Count && i < 20; i++)
                around.Err.WriteLine("    " + SafeText.Fit(SafeText.Of(candidates[i]), 110));
            if (candidates.Count > 20) around.Err.WriteLine($"    … and {candidates.Count - 20} more");
        }
        if (refusal.Usage is { } usage) around.Err.WriteLine(usage.TrimEnd());
        return problem.Exit;
    }
}
