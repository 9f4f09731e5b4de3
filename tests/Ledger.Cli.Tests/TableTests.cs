using Ledger.Cli.Output;

namespace Ledger.Cli.Tests;

/// <summary>What fits, what gives way, and what never does.</summary>
public sealed class TableTests
{
    [Fact]
    public void wide_names_and_names_from_right_to_left_stay_in_their_cells()
    {
        var table = new Table(new("Mission", "title"), Column.Figure("Billed", "billed"));
        foreach (var title in new[] { "東京 weather", "חיפוש", "cafe\u0301 au lait", "🚀 launch", "plain" }) table.Add(Cell.Name(title), Cell.Money("1.50"));
        var lines = Printed(table, 40);
        Assert.All(lines[1..], line => Assert.EndsWith("$1.50", line, StringComparison.Ordinal));
        Assert.Single(lines[1..].Select(SafeText.Width).Distinct());
    }

    [Theory]
    [InlineData(80)]
    [InlineData(60)]
    [InlineData(40)]
    public void ids_references_and_states_are_never_cut(int width)
    {
        var table = new Table(new("Mission", "title"), Column.Whole("Ref", "ref"), Column.Whole("State", "state"), Column.Figure("Billed", "billed"), Column.Time("Since", "since", gives: 2), Column.Whole("ID", "id", gives: 1));
        table.Add(Cell.Name(new string('t', 200)), Cell.Ref("o/r#3"), Cell.Text("open 2 d"), Cell.Money("12.30"), Cell.Text("Fri 20:00"), Cell.Text("m-2x5h9d1k"));
        var lines = Printed(table, width);
        Assert.All(lines, line => Assert.InRange(SafeText.Width(line), 1, Math.Max(width, 45)));
        foreach (var whole in new[] { "o/r#3", "open 2 d", "$12.30" }) Assert.Contains(whole, lines[1], StringComparison.Ordinal);
        Assert.Equal(width == 80, lines[1].Contains("m-2x5h9d1k", StringComparison.Ordinal));
    }

    [Fact]
    public void with_w_nothing_is_hidden_or_cut()
    {
        var table = new Table(new("Mission", "title"), Column.Whole("ID", "id", gives: 1));
        table.Add(Cell.Name("one two three four five six seven eight nine ten"), Cell.Text("m-2x5h9d1k"));
        var text = string.Join('\n', Printed(table, 30, whole: true));
        foreach (var word in "one two three four five six seven eight nine ten m-2x5h9d1k".Split(' ')) Assert.Contains(word, text, StringComparison.Ordinal);
        Assert.DoesNotContain("…", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0", "10", "────────────┃───")]
    [InlineData("0.01", "10", "━───────────┃───")]
    [InlineData("5", "10", "━━━━━━──────┃───")]
    [InlineData("10", "10", "━━━━━━━━━━━━┃───")]
    [InlineData("12.1", "10", "━━━━━━━━━━━━┃━━━")]
    [InlineData("1000000", "10", "━━━━━━━━━━━━┃━━━")]
    [InlineData("-3", "10", "────────────┃───")]
    [InlineData("3", "0", "")]
    public void the_limit_of_every_bar_stands_at_the_same_place(string spent, string limit, string bar) => Assert.Equal(bar, Bars.OfLimit(Money.Usd.Parse(spent), Money.Usd.Parse(limit), 16));

    [Theory]
    [InlineData("short", 40, "short")]
    [InlineData("  one two three four", 12, "  one two\n    three\n    four")]
    [InlineData("\e[1mone two\e[0m three", 8, "\e[1mone two\e[0m\n  three")]
    [InlineData("averylongwordthatfitsnowhere x", 10, "averylongwordthatfitsnowhere\n  x")]
    public void a_line_is_wrapped_at_words(string text, int width, string wrapped) => Assert.Equal(wrapped, Printer.Wrapped(text, width));

    [Theory]
    [InlineData("de_DE.ISO-8859-1", true)]
    [InlineData("C", true)]
    [InlineData("C.UTF-8", false)]
    [InlineData("en_US.utf8", false)]
    [InlineData(null, false)]
    public void a_terminal_without_UTF_8_gets_signs_that_it_has(string? locale, bool needed)
    {
        Assert.Equal(needed, PlainSigns.Needed(name => name == "LANG" ? locale : null));
        var to = new StringWriter { NewLine = "\n" };
        new PlainSigns(to).WriteLine("■ ▲ ● ○ ━━──┃ $1.26 – $18.10 5.5×");
        Assert.Equal("# ! * ? ==--| $1.26 - $18.10 5.5x\n", to.ToString());
    }

    private static string[] Printed(Table table, int width, bool whole = false)
    {
        var to = new StringWriter { NewLine = "\n" };
        table.Print(to, width, new Style(false), whole);
        return to.ToString().TrimEnd('\n').Split('\n');
    }
}
