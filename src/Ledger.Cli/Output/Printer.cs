using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Ledger.Cli.Output;

/// <summary>Where a command's words go: the answer to standard output, everything else to standard error.</summary>
internal sealed partial class Printer(Call call)
{
    private Style? style;
    private int hidden;

    public bool Json => call.Has("json") || call.Text("format") == "json";

    public bool Csv => call.Has("csv") || call.Text("format") == "csv";

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
        if ((Json && Csv) || (call.Text("format") == "table" && (call.Has("json") || call.Has("csv"))))
            throw call.Wrong("usage.format", "Choose one of table, json and csv.", "format");
        _ = call.Clock.Asked;
    }

    /// <summary>A line; on a terminal that is narrower it is wrapped at words.</summary>
    public void Line(string text = "") => Out.WriteLine(call.Around.OutIsTerminal ? Wrapped(text, call.Around.Width()) : text);

    public void Bold(string text) => Line(Style.Bold(text));

    /// <summary>A remark that the answer does not depend on.</summary>
    public void Note(string text)
    {
        if (!Quiet) call.Around.Err.WriteLine(SafeText.Of(text));
    }

    public void Warn(string text) => call.Around.Err.WriteLine("ledger: " + SafeText.Of(text));

    /// <summary>An instant in as few letters as tell it from here.</summary>
    public string Time(string? text) => Show.Time(text, ZoneName, call.Began);

    /// <summary>An edge or a reading: to the second, where it has some.</summary>
    public string Edge(string? text) => Show.Edge(text, ZoneName, call.Began);

    /// <summary>A time in a table. In CSV it is RFC 3339 with the zone's offset.</summary>
    public Cell TimeCell(string? text) => new(Time(text), Stamp(text));

    /// <summary>The hour that a row is about. Where the clock is set back an hour comes twice: the second one shows its offset.</summary>
    public Cell HourCell(string? text)
    {
        var shown = Edge(text);
        if (ZoneName is not WallClock.Utc and var zone && Instants.TryParse(text, out var at) && Calendar.LocalOf(at, zone) is var local && Calendar.InstantOf(local.DateTime, zone) != at)
            shown += local.ToString(" zzz", CultureInfo.InvariantCulture);
        return new(shown, Stamp(text));
    }

    /// <summary>Since when, in words: a day's first instant is that day.</summary>
    public string Day(string? text) => Show.Day(text, ZoneName, call.Began);

    /// <summary>The days of a stretch, <c>1–16 Nov 2026</c>; where it does not begin and end with a day, its ends.</summary>
    public string Span(string? since, string? until) =>
        Instants.TryParse(since, out var start) && Instants.TryParse(until, out var end) && end > start && WallClock.LocalOf(start, ZoneName).TimeOfDay == default && WallClock.LocalOf(end, ZoneName).TimeOfDay == default
            ? Moments.Days(new(start, end), ZoneName == WallClock.Utc ? null : ZoneName)
            : $"{Time(since)} – {Time(until)}";

    /// <summary>What does not fit goes below, two columns further in than its line begins. Colours take no room.</summary>
    internal static string Wrapped(string text, int width)
    {
        if (SafeText.Width(Colours().Replace(text, "")) <= width) return text;
        var indent = text.Length - text.TrimStart(' ').Length;
        var wrapped = new StringBuilder(text.Length + 16).Append(' ', indent);
        var column = indent;
        foreach (var word in text.TrimStart(' ').Split(' '))
        {
            var wide = SafeText.Width(Colours().Replace(word, ""));
            if (column > indent + 2 && column + wide > width)
            {
                wrapped.Length -= 1;
                wrapped.Append('\n').Append(' ', indent + 2);
                column = indent + 2;
            }
            wrapped.Append(word).Append(' ');
            column += wide + 1;
        }
        return wrapped.ToString().TrimEnd();
    }

    [GeneratedRegex(@"\e\[[0-9;]*m")]
    private static partial Regex Colours();

    /// <summary>The zone in a word: <c>Brussels</c>.</summary>
    public string Place => SafeText.Of(ZoneName[(ZoneName.LastIndexOf('/') + 1)..].Replace('_', ' '));

    private string? Stamp(string? text) =>
        text is null || ZoneName == WallClock.Utc || !Instants.TryParse(text, out var at) ? text : Calendar.LocalOf(at, ZoneName).ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFzzz", CultureInfo.InvariantCulture);

    /// <summary>The answer as it came, with what this program adds to it.</summary>
    public void PrintJson(JsonElement answer, Action<Utf8JsonWriter>? also = null)
    {
        var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, Plain.Json(!Compact)))
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
        Out.WriteLine(Plain.Of(stream));
    }

    public void Print(Table table)
    {
        if (Csv) table.PrintCsv(Out);
        else hidden += table.Print(Out, call.Around.OutIsTerminal ? call.Around.Width() : null, Style, call.Has("wide"));
    }

    /// <summary>The last line of a list: what the figures are of, the zone of its times, and what is hidden.</summary>
    public void Foot(params IEnumerable<string> said) => Footer(string.Join(", ", [.. said, Place]) + (hidden > 0 ? $" ({hidden} column{(hidden == 1 ? "" : "s")} hidden: -w)" : ""));

    /// <summary>One line below a table: dim on a terminal, nothing with --quiet or --compact.</summary>
    public void Footer(string text)
    {
        if (Quiet || Compact || Csv || text.Length == 0) return;
        Line(Style.Dim(text));
    }
}
