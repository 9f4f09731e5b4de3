using System.Globalization;
using System.Text.Json;

namespace Ledger.Cli.Output;

/// <summary>Where a command's words go: the answer to standard output, everything else to standard error.</summary>
internal sealed class Printer(Call call)
{
    private Style? style;

    public bool Json => call.Has("json") || call.Arguments["format"] == "json";

    public bool Csv => call.Has("csv") || call.Arguments["format"] == "csv";

    public bool Quiet => call.Has("quiet");

    public bool Compact => call.Has("compact");

    public Style Style => style ??= new(Style.Wanted(call.Around, call.Around.OutIsTerminal, call.Has("no-color")));

    public TextWriter Out => call.Around.Out;

    /// <summary>The zone times are shown in.</summary>
    public string ZoneName => call.Clock.Zone;

    /// <summary>Refuses formats that contradict each other before anything is sent.</summary>
    public void CheckFormat()
    {
        call.OneOf("format", "table", "json", "csv");
        if ((Json && Csv) || (call.Arguments["format"] == "table" && (call.Has("json") || call.Has("csv"))))
            throw call.Wrong("usage.format", "Choose one of table, json and csv.", "format");
        _ = call.Clock.Asked;
    }

    public void Line(string text = "") => Out.WriteLine(text);

    public void Bold(string text) => Out.WriteLine(Style.Bold(text));

    /// <summary>A remark that the answer does not depend on.</summary>
    public void Note(string text)
    {
        if (!Quiet) call.Around.Err.WriteLine(SafeText.Of(text));
    }

    public void Warn(string text) => call.Around.Err.WriteLine("ledger: " + SafeText.Of(text));

    public string Time(string? text) => Show.Time(text, ZoneName);

    /// <summary>A time in a table. In CSV it is RFC 3339 with the zone's offset.</summary>
    public Cell TimeCell(string? text) => new(Time(text), Stamp(text));

    /// <summary>The hour that a row is about. Where the clock is set back an hour comes twice: the second one shows its offset.</summary>
    public Cell HourCell(string? text)
    {
        var shown = Time(text);
        if (ZoneName is not WallClock.Utc and var zone && Instants.TryParse(text, out var at) && Calendar.LocalOf(at, zone) is var local && Calendar.InstantOf(local.DateTime, zone) != at)
            shown += local.ToString(" zzz", CultureInfo.InvariantCulture);
        return new(shown, Stamp(text));
    }

    /// <summary>Since when, in words: a day's first instant is that day.</summary>
    public string Day(string? text) => Time(text) is var shown && shown.EndsWith(" 00:00", StringComparison.Ordinal) ? shown[..^6] : shown;

    private string? Stamp(string? text) =>
        text is null || ZoneName == WallClock.Utc || !Instants.TryParse(text, out var at) ? text : Calendar.LocalOf(at, ZoneName).ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFzzz", CultureInfo.InvariantCulture);

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
