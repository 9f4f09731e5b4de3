using System.Text;

namespace Ledger.Service.Mail.Pages;

/// <summary>A page for text clients: 78 columns. Only links and commands may be longer, for a cut one is worth nothing.</summary>
internal static class TextPage
{
    public const int Columns = 78;
    private const int gap = 2;

    public static string Render(Page page)
    {
        var text = new StringBuilder();
        foreach (var block in page.Blocks)
        {
            if (text.Length > 0) text.Append('\n');
            Write(block, text);
        }
        return text.ToString();
    }

    private static void Write(Block block, StringBuilder text)
    {
        switch (block)
        {
            case Masthead head:
                var what = SafeText.Fit(head.What.InText, Columns / 2);
                var whose = SafeText.Fit(head.Whose.InText, Columns - SafeText.Width(what) - gap);
                text.Append(whose).Append(' ', Columns - SafeText.Width(whose) - SafeText.Width(what)).Append(what).Append('\n');
                text.Append('═', Columns).Append('\n');
                break;
            case Need need:
                Wrap(need.What.InText, $"{Marks.Of(need.Tone)} ", "  ", text);
                if (need.Bar is { } needed) text.Append("  ").Append(needed.InText()).Append('\n');
                if (need.Why is { } why) Wrap(why.InText, "  ", "  ", text);
                break;
            case Figure figure:
                Wrap($"{figure.Label.InText} {figure.Amount.InText}, {figure.Note.InText}".TrimEnd(' ', ','), "", "", text);
                if (figure.Columns.Count > 0)
                    Write(new Table("", [.. figure.Columns.Select(c => (c.Name, true))], [new([.. figure.Columns.Select(c => (Line)$"{Run.Said(c.Amount ?? "-")}")])]), text);
                break;
            case Lead lead:
                if (lead.Badge is { } badge) text.Append(badge.Text).Append('\n');
                Wrap(lead.Line.InText, "", "", text);
                break;
            case Heading heading:
                var title = SafeText.Fit(heading.Line.InText, Columns);
                text.Append(title).Append('\n').Append('-', SafeText.Width(title)).Append('\n');
                break;
            case Paragraph paragraph:
                Wrap(paragraph.Line.InText, "", "", text);
                if (paragraph.Bar is { } bar) text.Append(bar.InText()).Append('\n');
                break;
            case Bullets bullets:
                foreach (var line in bullets.Lines) Wrap(line.InText, "- ", "  ", text);
                break;
            case Advice advice:
                Wrap(advice.Line.InText, "> ", "  ", text);
                if (advice.Command is { } command) text.Append("      ").Append(command).Append('\n');
                break;
            case Commands commands:
                foreach (var line in commands.Lines) text.Append("    ").Append(line).Append('\n');
                break;
            case Table table:
                Write(table, text);
                break;
            case Facts facts:
                var words = facts.Lines.Max(f => f.Word.Length) + gap;
                foreach (var (word, line) in facts.Lines) Wrap(line.InText, word.PadRight(words), new(' ', words), text);
                break;
            default:
                throw new InvalidOperationException($"No text for {block.GetType().Name}.");
        }
    }

    private static void Write(Table table, StringBuilder text)
    {
        var rows = table.Rows.Select(r => r.Cells.Select(c => c.InText).ToArray()).ToArray();
        var widths = table.Columns.Select((c, i) => Math.Max(c.Name.Length, rows.Select(r => SafeText.Width(r[i])).DefaultIfEmpty(0).Max())).ToArray();
        widths[0] = Math.Min(widths[0], Math.Max(10, Columns - widths.Skip(1).Sum(w => w + gap)));
        var whole = widths.Sum() + (gap * (widths.Length - 1));
        Write(table, [.. table.Columns.Select(c => c.Name)], widths, text);
        for (var i = 0; i < rows.Length; i++)
        {
            if (table.Rows[i].IsTotal) text.Append('─', whole).Append('\n');
            Write(table, rows[i], widths, text);
            if (table.Rows[i].IsTotal) text.Append('═', whole).Append('\n');
            if (table.Rows[i].Bar is { } bar) text.Append("  ").Append(bar.InText()).Append('\n');
            if (table.Rows[i].Below is { } below) Wrap(below.InText, "  ", "  ", text);
        }
    }

    private static void Write(Table table, string[] cells, int[] widths, StringBuilder text)
    {
        var line = new StringBuilder();
        for (var i = 0; i < cells.Length; i++)
        {
            var cell = SafeText.Fit(cells[i], widths[i]);
            var room = new string(' ', widths[i] - SafeText.Width(cell));
            line.Append(i == 0 ? "" : new string(' ', gap)).Append(table.Columns[i].Figures ? room + cell : cell + room);
        }
        text.Append(line.ToString().TrimEnd(' ')).Append('\n');
    }

    private static void Wrap(string said, string first, string next, StringBuilder text)
    {
        var line = new StringBuilder(first);
        var (used, empty) = (first.Length, true);
        foreach (var word in Words(said))
        {
            var width = SafeText.Width(word);
            if (!empty && used + 1 + width > Columns)
            {
                text.Append(line.ToString().TrimEnd(' ')).Append('\n');
                line.Clear().Append(next);
                (used, empty) = (next.Length, true);
            }
            line.Append(empty ? "" : " ").Append(word);
            used += width + (empty ? 0 : 1);
            empty = false;
        }
        text.Append(line.ToString().TrimEnd(' ')).Append('\n');
    }

    /// <summary>A word nobody could break is broken, unless it is a link.</summary>
    private static IEnumerable<string> Words(string said)
    {
        foreach (var word in said.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (SafeText.Width(word) <= Columns - 12 || word.Contains("://", StringComparison.Ordinal))
            {
                yield return word;
                continue;
            }
            var piece = new StringBuilder();
            foreach (var rune in word.EnumerateRunes())
            {
                if (SafeText.Width(piece.ToString()) >= Columns - 14)
                {
                    yield return piece.ToString();
                    piece.Clear();
                }
                piece.Append(rune.ToString());
            }
            yield return piece.ToString();
        }
    }
}
