using System.Text.Json;

namespace Ledger.Cli.Output;

/// <summary>Where a command's words go: the answer to standard output, everything else to standard error.</summary>
internal sealed class Printer(Call call)
{
    private Style? style;
    private TimeZoneInfo? zone;

    public bool Json => call.Has("json") || call.Arguments["format"] == "json";

    public bool Csv => call.Has("csv") || call.Arguments["format"] == "csv";

    public bool Quiet => call.Has("quiet");

    public bool Compact => call.Has("compact");

    public Style Style => style ??= new(Style.Wanted(call.Around, call.Around.OutIsTerminal, call.Has("no-color")));

    public TextWriter Out => call.Around.Out;

    /// <summary>The zone times are shown in; null is UTC.</summary>
    public TimeZoneInfo? Zone
    {
        get
        {
            if (zone is not null || call.Text("timezone") is not { } name || name.Equals("UTC", StringComparison.OrdinalIgnoreCase)) return zone;
            try
            {
                return zone = TimeZoneInfo.FindSystemTimeZoneById(name);
            }
            catch (Exception e) when (e is TimeZoneNotFoundException or InvalidTimeZoneException or System.Security.SecurityException or IOException or UnauthorizedAccessException)
            {
                throw call.Wrong("usage.zone", $"--timezone '{name}' is not known here; write one such as Europe/Berlin or UTC.", "timezone", name);
            }
        }
    }

    public string ZoneName => Zone?.Id ?? "UTC";

    /// <summary>Refuses formats that contradict each other before anything is sent.</summary>
    public void CheckFormat()
    {
        call.OneOf("format", "table", "json", "csv");
        if ((Json && Csv) || (call.Arguments["format"] == "table" && (call.Has("json") || call.Has("csv"))))
            throw call.Wrong("usage.format", "Choose one of table, json and csv.", "format");
        _ = Zone;
    }

    public void Line(string text = "") => Out.WriteLine(text);

    public void Bold(string text) => Out.WriteLine(Style.Bold(text));

    /// <summary>A remark that the answer does not depend on.</summary>
    public void Note(string text)
    {
        if (!Quiet) call.Around.Err.WriteLine(SafeText.Of(text));
    }

    public void Warn(string text) => call.Around.Err.WriteLine("ledger: " + SafeText.Of(text));

    public string Time(string? text) => Show.Time(text, Zone);

    /// <summary>The answer as it came, with what this program adds to it.</summary>
    public void PrintJson(JsonElement answer, Action<Utf8JsonWriter>? also = null)
    {
        var stream = new MemoryStream();
        // The default encoder leaves nothing but ASCII, which no terminal can take for a command.
        using (var writer = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = !Compact }))
        {
            if (also is null)
            {
                answer.WriteTo(writer);
            }
            else
            {
                writer.WriteStartObject();
                if (answer.ValueKind == JsonValueKind.Object)
                    foreach (var property in answer.EnumerateObject()) property.WriteTo(writer);
                also(writer);
                writer.WriteEndObject();
            }
        }
        Out.WriteLine(System.Text.Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length));
    }

    public void Print(Table table)
    {
        if (Csv) table.PrintCsv(Out);
        else table.Print(Out, call.Around.OutIsTerminal ? call.Around.Width() : null, Style);
    }

    /// <summary>One line below a table: dim on a terminal, nothing with --quiet or --compact.</summary>
    public void Footer(string text)
    {
        if (Quiet || Compact || Csv || text.Length == 0) return;
        Out.WriteLine(Style.Dim(text));
    }
}
