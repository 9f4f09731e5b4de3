using System.Text;

namespace Ledger.Service.Mail.Pages;

/// <summary>A page for issue trackers and chats. What names hold is escaped: it is text there, nothing else.</summary>
internal static class MarkdownPage
{
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
                text.Append("**").Append(Inline(head.Whose, inStrong: true)).Append("** – ").Append(Inline(head.What)).Append('\n');
                break;
            case Need need:
                text.Append("- ").Append(Marks.Of(need.Tone)).Append(" **").Append(Inline(need.What, inStrong: true)).Append("**").Append(need.Why is { } why ? " " + Inline(why) : "").Append('\n');
                break;
            case Figure figure:
                text.Append(Inline(figure.Label)).Append(" **").Append(Inline(figure.Amount, inStrong: true)).Append("**").Append(figure.Note.Runs.Count > 0 ? ", " + Inline(figure.Note) : "").Append('\n');
                if (figure.Columns.Count > 0)
                    text.Append("\n| ").AppendJoin(" | ", figure.Columns.Select(c => c.Name)).Append(" |\n|").AppendJoin("|", figure.Columns.Select(_ => "---:")).Append("|\n| ").AppendJoin(" | ", figure.Columns.Select(c => Escaped(c.Amount ?? "-"))).Append(" |\n");
                break;
            case Lead lead:
                text.Append("**").Append(lead.Badge is { } badge ? Escaped($"{badge.Text}: ") : "").Append(Inline(lead.Line, inStrong: true)).Append("**\n");
                break;
            case Heading heading:
                text.Append("## ").Append(Inline(heading.Line)).Append('\n');
                break;
            case Paragraph paragraph:
                text.Append(Inline(paragraph.Line)).Append('\n');
                break;
            case Bullets bullets:
                foreach (var line in bullets.Lines) text.Append("- ").Append(Inline(line)).Append('\n');
                break;
            case Advice advice:
                text.Append("- ").Append(Inline(advice.Line)).Append('\n');
                if (advice.Command is { } command) text.Append("  `").Append(command).Append("`\n");
                break;
            case Commands commands:
                foreach (var line in commands.Lines) text.Append("    ").Append(line).Append('\n');
                break;
            case Table table:
                text.Append("| ").AppendJoin(" | ", table.Columns.Select(c => Escaped(c.Name))).Append(" |\n|").AppendJoin("|", table.Columns.Select(c => c.Figures ? "---:" : "---")).Append("|\n");
                foreach (var row in table.Rows)
                    text.Append("| ").AppendJoin(" | ", row.Cells.Select((c, i) => (row.IsTotal ? $"**{Inline(c, inStrong: true)}**" : Inline(c)) + (i == 0 && row.Below is { } below ? " – " + Inline(below) : ""))).Append(" |\n");
                break;
            case Facts facts:
                foreach (var (word, line) in facts.Lines) text.Append("- ").Append(word).Append(": ").Append(Inline(line)).Append('\n');
                break;
            default:
                throw new InvalidOperationException($"No Markdown for {block.GetType().Name}.");
        }
    }

    private static string Inline(Line line, bool inStrong = false) => string.Concat(line.Runs.Select(run => run.Meant switch
    {
        Meant.Strong or Meant.Badge when !inStrong => $"**{Escaped(run.Text)}**",
        Meant.Code => $"`{run.Text.Replace("`", "", StringComparison.Ordinal)}`",
        _ when run.Link is { } link => run.Text.Contains("://", StringComparison.Ordinal) ? $"<{link.AbsoluteUri}>" : $"[{Escaped(run.Text)}](<{link.AbsoluteUri}>)",
        _ => Escaped(run.InText),
    }));

    private static string Escaped(string text)
    {
        var escaped = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            // A mention would call people; a backslash does not keep trackers from it, an empty comment does.
            if (text[i] == '@') escaped.Append("@<!-- -->");
            else if ("\\`*_{}[]<>#|~&".Contains(text[i], StringComparison.Ordinal)) escaped.Append('\\').Append(text[i]);
            else escaped.Append(text[i]);
        }
        return escaped.ToString();
    }
}
