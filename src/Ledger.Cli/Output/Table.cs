using System.Text;
using Ledger.Money;

namespace Ledger.Cli.Output;

/// <summary>A column: its heading for people, its name in CSV, and how it behaves when there is little room.</summary>
internal sealed record Column(string Heading, string Name, bool Right = false, int WidthMax = 60, bool Text = true, bool Optional = false);

/// <summary>A cell: what people see, and the plain value CSV carries (null: unknown).</summary>
internal readonly record struct Cell(string Shown, string? Plain)
{
    public static Cell Text(string? text) => new(string.IsNullOrEmpty(text) ? Show.Unknown : SafeText.Of(text), text);

    public static Cell Money(string? amount) => new(Show.Money(amount), amount);

    /// <summary>An amount that was rounded together with its column.</summary>
    public static Cell Money(string? amount, Shown? shown) => shown is { } s ? new(s.ToString(), amount) : Money(amount);

    public static Cell ExactMoney(string? amount) => new(Show.ExactMoney(amount), amount);
}

/// <summary>Rows under headings: as a table that never wraps, or as CSV.</summary>
internal sealed class Table(params Column[] columns)
{
    private const int Gap = 2;
    private const int ReadableMin = 16;
    private const int ShrunkMin = 8;
    private const int Hidden = 0;
    private readonly List<Cell[]> rows = [];

    public int Count => rows.Count;

    /// <summary>Printed last, below a rule; not part of CSV, where it would be summed twice.</summary>
    public Cell[]? Totals { get; set; }

    public void Add(params Cell[] cells) => rows.Add(cells);

    /// <summary>Prints for people; <c>widthMax</c> is the terminal's, null when there is none.</summary>
    public void Print(TextWriter to, int? widthMax, Style style)
    {
        var widths = Widths(widthMax);
        var headings = new Cell[columns.Length];
        for (var i = 0; i < columns.Length; i++) headings[i] = new(columns[i].Heading, null);
        to.WriteLine(style.Bold(Line(headings, widths)));
        foreach (var row in rows) to.WriteLine(Line(row, widths));
        if (Totals is null) return;
        var rule = 0;
        foreach (var width in widths) rule += width == Hidden ? 0 : width + Gap;
        to.WriteLine(style.Dim(new string('-', rule - Gap)));
        to.WriteLine(style.Bold(Line(Totals, widths)));
    }

    public void PrintCsv(TextWriter to)
    {
        var line = new StringBuilder();
        for (var i = 0; i < columns.Length; i++) line.Append(i > 0 ? "," : "").Append(columns[i].Name);
        to.Write(line.Append("\r\n").ToString());
        foreach (var row in rows)
        {
            line.Clear();
            for (var i = 0; i < columns.Length; i++)
                line.Append(i > 0 ? "," : "").Append(Csv.Cell(row[i].Plain is { } plain ? SafeText.Of(plain) : null, columns[i].Text));
            to.Write(line.Append("\r\n").ToString());
        }
    }

    private int[] Widths(int? widthMax)
    {
        var widths = new int[columns.Length];
        for (var i = 0; i < columns.Length; i++)
        {
            widths[i] = columns[i].Heading.Length;
            foreach (var row in rows) widths[i] = Math.Max(widths[i], Math.Min(SafeText.Width(row[i].Shown), columns[i].WidthMax));
            if (Totals is not null) widths[i] = Math.Max(widths[i], SafeText.Width(Totals[i].Shown));
        }
        if (widthMax is not { } max) return widths;
        // Too wide: names become shorter, then what is optional goes, then names become shorter still. Figures and times never give way.
        if (Shrink(widths, max, ReadableMin)) return widths;
        for (var i = columns.Length - 1; i >= 0; i--)
        {
            if (!columns[i].Optional) continue;
            widths[i] = Hidden;
            if (Total(widths) <= max) return widths;
        }
        Shrink(widths, max, ShrunkMin);
        return widths;
    }

    /// <summary>Takes from the widest column of text, one by one; false when that was not enough.</summary>
    private bool Shrink(int[] widths, int max, int least)
    {
        while (Total(widths) > max)
        {
            var widest = -1;
            for (var i = 0; i < widths.Length; i++)
                if (columns[i].Text && !columns[i].Right && widths[i] > least && (widest < 0 || widths[i] > widths[widest])) widest = i;
            if (widest < 0) return false;
            widths[widest]--;
        }
        return true;
    }

    private static int Total(int[] widths)
    {
        var total = -Gap;
        foreach (var width in widths) total += width == Hidden ? 0 : width + Gap;
        return total;
    }

    private string Line(Cell[] cells, int[] widths)
    {
        var line = new StringBuilder();
        for (var i = 0; i < cells.Length; i++)
        {
            if (widths[i] == Hidden) continue;
            if (line.Length > 0) line.Append(' ', Gap);
            var shown = SafeText.Fit(cells[i].Shown, widths[i]);
            var pad = widths[i] - SafeText.Width(shown);
            if (columns[i].Right) line.Append(' ', pad).Append(shown);
            else line.Append(shown).Append(' ', pad);
        }
        return line.ToString().TrimEnd();
    }
}
