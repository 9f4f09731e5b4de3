using System.Text;
using Ledger.Money;
using Spectre.Console;

namespace Ledger.Cli.Output;

/// <summary>What a column does where there is little room.</summary>
internal enum Fit
{
    /// <summary>It is shown whole: ids, references, states, amounts, times.</summary>
    Whole,

    /// <summary>It is cut with an ellipsis: names and titles.</summary>
    Cut,

    /// <summary>It is wrapped at words: sentences.</summary>
    Wrap,
}

/// <summary>A column: its heading for people, its name in CSV, and how it behaves when there is little room.</summary>
/// <param name="Heading">For people; null: it is in CSV only.</param>
/// <param name="Name">In CSV; null: it is for people only.</param>
/// <param name="Right">Amounts stand at the right.</param>
/// <param name="Fit">What it does where there is little room.</param>
/// <param name="WidthMax">No wider, however much room there is.</param>
/// <param name="Text">Somebody's words: a spreadsheet must not take them for a formula.</param>
/// <param name="Gives">Its turn among those that are hidden where there is too little room, from 1 on; 0: never.</param>
internal sealed record Column(string? Heading, string? Name, bool Right = false, Fit Fit = Fit.Cut, int WidthMax = 60, bool Text = true, int Gives = 0)
{
    /// <summary>An amount or a count.</summary>
    public static Column Figure(string? heading, string? name, int gives = 0) => new(heading, name, Right: true, Fit.Whole, Text: false, Gives: gives);

    /// <summary>An instant.</summary>
    public static Column Time(string? heading, string? name, int gives = 0) => new(heading, name, Fit: Fit.Whole, Text: false, Gives: gives);

    /// <summary>An id, a reference or a state: somebody copies it, or goes by it.</summary>
    public static Column Whole(string? heading, string? name, int gives = 0) => new(heading, name, Fit: Fit.Whole, Gives: gives);

    /// <summary>A sentence.</summary>
    public static Column Words(string? heading, string? name, int gives = 0) => new(heading, name, Fit: Fit.Wrap, WidthMax: 110, Gives: gives);
}

/// <summary>A cell: what people see, the plain value CSV carries (null: unknown), and what it means.</summary>
internal readonly record struct Cell(string Shown, string? Plain, Tone Tone = Tone.Plain)
{
    public static Cell Text(string? text) => new(string.IsNullOrEmpty(text) ? Show.Unknown : SafeText.Of(text), text);

    /// <summary>A name that people gave. Where it is written from right to left, its neighbours keep their order.</summary>
    public static Cell Name(string? text) => new(string.IsNullOrEmpty(text) ? Show.Unknown : SafeText.Name(text, 200), text);

    public static Cell Ref(string? text) => Text(text) with { Tone = string.IsNullOrEmpty(text) ? Tone.Plain : Tone.Ref };

    public static Cell Money(string? amount) => new(Show.Money(amount), amount);

    /// <summary>An amount that was rounded together with its column.</summary>
    public static Cell Money(string? amount, Shown? shown) => shown is { } s ? new(s.ToString(), amount) : Money(amount);

    public static Cell ExactMoney(string? amount) => new(Show.ExactMoney(amount), amount);
}

/// <summary>Rows under headings: as a table that fits the terminal, or as CSV.</summary>
internal sealed class Table(params Column[] columns)
{
    private const int Gap = 2;
    private const int ReadableMin = 16;
    private const int CutMin = 12;
    private const int Hidden = 0;
    private readonly List<Cell[]> rows = [];

    public int Count => rows.Count;

    /// <summary>Printed last, below a rule; not part of CSV, where it would be summed twice.</summary>
    public Cell[]? Totals { get; set; }

    public void Add(params Cell[] cells) => rows.Add(cells);

    /// <summary>Prints for people.</summary>
    /// <param name="to">Where to.</param>
    /// <param name="widthMax">Columns of the terminal; null: there is none.</param>
    /// <param name="style">Colours, where there are any.</param>
    /// <param name="whole">Hides and cuts nothing, and wraps instead.</param>
    /// <returns>How many columns were hidden.</returns>
    public int Print(TextWriter to, int? widthMax, Style style, bool whole)
    {
        var widths = Widths(widthMax, whole);
        int[] shown = [.. Enumerable.Range(0, columns.Length).Where(i => widths[i] != Hidden)];
        var table = new Spectre.Console.Table { Border = TableBorder.None, UseSafeBorder = false };
        foreach (var i in shown)
            table.AddColumn(new TableColumn(new Text(columns[i].Heading!.ToUpperInvariant(), Style.Of(Tone.Quiet)) { Justification = columns[i].Right ? Justify.Right : Justify.Left })
            {
                Width = widths[i],
                Padding = new(0, 0, i == shown[^1] ? 0 : Gap, 0),
                Alignment = columns[i].Right ? Justify.Right : Justify.Left,
            });
        foreach (var row in rows) table.AddRow(shown.Select(i => Written(row[i], i)));
        if (Totals is { } totals)
        {
            table.AddRow(shown.Select(i => new Text(columns[i].Right ? new('─', widths[i]) : "", Style.Of(Tone.Quiet))));
            table.AddRow(shown.Select(i => Written(totals[i] with { Tone = Tone.Strong }, i)));
        }
        style.Write(to, table, shown.Sum(i => widths[i] + Gap) - Gap);
        return columns.Count(c => c.Heading is not null) - shown.Length;

        Text Written(Cell cell, int i)
        {
            var cut = columns[i].Fit == Fit.Cut && !whole;
            return new(cut ? SafeText.Fit(cell.Shown, widths[i]) : cell.Shown, Style.Of(cell.Tone)) { Justification = columns[i].Right ? Justify.Right : Justify.Left };
        }
    }

    public void PrintCsv(TextWriter to)
    {
        var line = new StringBuilder();
        int[] written = [.. Enumerable.Range(0, columns.Length).Where(i => columns[i].Name is not null)];
        to.Write(string.Join(',', written.Select(i => columns[i].Name)) + "\r\n");
        foreach (var row in rows)
        {
            line.Clear();
            foreach (var i in written)
                line.Append(i != written[0] ? "," : "").Append(Csv.Cell(row[i].Plain is { } plain ? SafeText.Of(plain) : null, columns[i].Text));
            to.Write(line.Append("\r\n").ToString());
        }
    }

    /// <summary>Too wide: names become shorter, then columns go in their order, then names become shorter still. What is whole never gives way.</summary>
    private int[] Widths(int? widthMax, bool whole)
    {
        var widths = new int[columns.Length];
        for (var i = 0; i < columns.Length; i++)
        {
            if (columns[i].Heading is not { } heading) continue;
            widths[i] = heading.Length;
            foreach (var row in rows) widths[i] = Math.Max(widths[i], SafeText.Width(row[i].Shown));
            if (columns[i].Fit != Fit.Whole && !whole) widths[i] = Math.Min(widths[i], Math.Max(columns[i].WidthMax, heading.Length));
            if (Totals is not null) widths[i] = Math.Max(widths[i], SafeText.Width(Totals[i].Shown));
        }
        if (widthMax is not { } max || Shrink(widths, max, ReadableMin)) return widths;
        if (!whole)
            foreach (var (_, i) in columns.Index().Select(c => (c.Item.Gives, c.Index)).Where(c => c.Gives > 0 && widths[c.Index] != Hidden).OrderBy(c => c.Gives))
            {
                widths[i] = Hidden;
                if (Shrink(widths, max, ReadableMin)) return widths;
            }
        Shrink(widths, max, CutMin);
        return widths;
    }

    /// <summary>Takes from the widest column that gives way, one by one; false when that was not enough.</summary>
    private bool Shrink(int[] widths, int max, int least)
    {
        while (widths.Sum(w => w == Hidden ? 0 : w + Gap) - Gap > max)
        {
            var widest = -1;
            for (var i = 0; i < widths.Length; i++)
                if (columns[i].Fit != Fit.Whole && widths[i] > Math.Max(least, columns[i].Heading?.Length ?? 0) && (widest < 0 || widths[i] > widths[widest])) widest = i;
            if (widest < 0) return false;
            widths[widest]--;
        }
        return true;
    }
}
