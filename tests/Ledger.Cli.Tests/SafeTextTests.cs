using Ledger.Cli.Output;

namespace Ledger.Cli.Tests;

public sealed class SafeTextTests
{
    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("Zürich 東京 é", "Zürich 東京 é")]
    [InlineData("a\u001b[31mred\u0007", "a[31mred")]
    [InlineData("a\r\nb\tc", "a  b c")]
    [InlineData("evil\u202Egpj.exe", "evilgpj.exe")]
    [InlineData("\u2066a\u2069\u200f\u061c\ufeff\u200b", "a")]
    [InlineData("a\u2028b\u0085c\u009bd", "abcd")]
    [InlineData("a\u3164b", "ab")]
    public void what_moves_hides_or_reorders_text_is_taken_out(string name, string shown) => Assert.Equal(shown, SafeText.Of(name));

    [Fact]
    public void half_a_surrogate_pair_does_no_harm() => Assert.Equal("a\ufffdb", SafeText.Of("a" + (char)0xd800 + "b"));

    [Fact]
    public void a_long_name_is_cut_by_columns_and_says_so()
    {
        Assert.Equal("Budge…", SafeText.Fit("Budget TUI", 6));
        Assert.Equal("東京…", SafeText.Fit("東京東京", 5));
        Assert.Equal("東京", SafeText.Fit("東京", 4));
    }

    [Theory]
    [InlineData("0.00", "$0.00", "$0.00")]
    [InlineData("4.50", "$4.50", "$4.50")]
    [InlineData("1234.565", "$1,234.57", "$1,234.57")]
    [InlineData("-3.19", "-$3.19", "-$3.19")]
    [InlineData("0.01", "$0.01", "$0.01")]
    [InlineData("0.0099999", "<$0.01", "$0.0100")]
    [InlineData("0.0025", "<$0.01", "$0.0025")]
    [InlineData("0.000123", "<$0.01", "$0.000123")]
    [InlineData("-0.002", "-<$0.01", "-$0.0020")]
    [InlineData("0.0000000001", "<$0.01", "<$0.000001")]
    [InlineData("922337203.6854775807", "$922,337,203.69", "$922,337,203.69")]
    [InlineData(null, "-", "-")]
    public void something_never_looks_like_nothing_and_unknown_never_like_zero(string? amount, string shown, string fine)
    {
        Assert.Equal(shown, Show.Money(amount));
        Assert.Equal(fine, Show.FineMoney(amount));
    }

    [Theory]
    [InlineData("plain", true, "plain")]
    [InlineData("a,b", true, "\"a,b\"")]
    [InlineData("say \"x\"", true, "\"say \"\"x\"\"\"")]
    [InlineData("two\nlines", true, "\"two\nlines\"")]
    [InlineData("=HYPERLINK(\"http://x\")", true, "\"'=HYPERLINK(\"\"http://x\"\")\"")]
    [InlineData("+1", true, "'+1")]
    [InlineData("-1", true, "'-1")]
    [InlineData("@SUM(A1)", true, "'@SUM(A1)")]
    [InlineData("\tx", true, "'\tx")]
    [InlineData("\rx", true, "\"'\rx\"")]
    [InlineData("\0=1", true, "'=1")]
    [InlineData("-5.00", false, "-5.00")]
    [InlineData(null, true, "")]
    public void a_cell_of_csv_is_never_a_formula_and_a_figure_stays_one(string? value, bool text, string cell) => Assert.Equal(cell, Csv.Cell(value, text));

    [Fact]
    public void no_name_reaches_the_terminal_unwashed()
    {
        const string evil = "a\\u001b]0;title\\u0007\\u202eb";
        using var service = new FakeService($$$$"""
            {"missions":[{"id":"{{{{evil}}}}","title":"{{{{evil}}}}","ref":"{{{{evil}}}}","state":"{{{{evil}}}}","start":"{{{{evil}}}}","end":null,"windows":[{"start":"{{{{evil}}}}","end":"{{{{evil}}}}"}],"agents":["{{{{evil}}}}"],"billed":"{{{{evil}}}}","low":"{{{{evil}}}}","high":null,"reason":null}],
             "agents":[{"id":"{{{{evil}}}}","name":"{{{{evil}}}}","idle":"{{{{evil}}}}","keys":[{"name":"{{{{evil}}}}"}],"openMissions":["{{{{evil}}}}"]}],
             "keys":[{"account":"{{{{evil}}}}","key":"{{{{evil}}}}","name":"{{{{evil}}}}","owners":[{"agent":"{{{{evil}}}}"}],"history":[{"from":"{{{{evil}}}}"}]}],
             "accounts":[{"label":"{{{{evil}}}}","provider":"{{{{evil}}}}","team":"{{{{evil}}}}","state":"{{{{evil}}}}","through":"{{{{evil}}}}","error":{"detail":"{{{{evil}}}}"},"credential":{"redacted":"{{{{evil}}}}"},"balance":{"prepaidLeft":"{{{{evil}}}}"}}],
             "rows":[{"agent":"{{{{evil}}}}","billed":"{{{{evil}}}}"}],"groupBy":["agent"],"total":"{{{{evil}}}}","since":"{{{{evil}}}}",
             "mission":{"id":"{{{{evil}}}}","title":"{{{{evil}}}}","ref":"{{{{evil}}}}","state":"{{{{evil}}}}","agents":["{{{{evil}}}}"]},"billed":"{{{{evil}}}}","reason":"{{{{evil}}}}",
             "lines":[{"start":"{{{{evil}}}}","model":"{{{{evil}}}}","parts":[{"agent":"{{{{evil}}}}","mission":"{{{{evil}}}}","method":"{{{{evil}}}}","billed":"{{{{evil}}}}"}],"readings":[{"raw":"{{{{evil}}}}","event":"{{{{evil}}}}","total":"{{{{evil}}}}"}]}],
             "by":[{"agent":"{{{{evil}}}}","billed":"1.00"}],"counterparts":[{"party":"{{{{evil}}}}","moved":"{{{{evil}}}}"}],"change":"{{{{evil}}}}",
             "checks":[{"name":"{{{{evil}}}}","law":"{{{{evil}}}}","ok":false,"detail":"{{{{evil}}}}","fix":"{{{{evil}}}}"}],"chain":"{{{{evil}}}}","views":[{"name":"{{{{evil}}}}","lag":3}],
             "tokens":[{"name":"{{{{evil}}}}","scopes":["{{{{evil}}}}"],"id":"{{{{evil}}}}"}],"warnings":["{{{{evil}}}}"],"missionsOpen":[{"title":"{{{{evil}}}}","agents":["{{{{evil}}}}"]}],"version":"{{{{evil}}}}",
             "overlaps":[{"text":"{{{{evil}}}}"}],"ended":[{"id":"{{{{evil}}}}","title":"{{{{evil}}}}"}],"key":{"name":"{{{{evil}}}}"},"agent":{"name":"{{{{evil}}}}","id":"{{{{evil}}}}"},"token":"{{{{evil}}}}","moved":"{{{{evil}}}}",
             "data":{"through":"{{{{evil}}}}","missing":[{"start":"{{{{evil}}}}","model":"{{{{evil}}}}","total":"{{{{evil}}}}"}]},"asOf":{"position":1,"time":"{{{{evil}}}}"}}
            """);
        using var desk = new Desk(service.Url);
        string[] commands =
        [
            "mission list", "mission show X", "mission cost X", "mission diff X --from 1", "mission explain X", "mission start X", "mission switch X", "mission end", "mission cancel X",
            "report", "report --csv", "mission list --csv", "mission explain X --csv", "account list --csv", "status", "doctor", "verify", "rebuild", "account list", "account test", "agent list", "agent add x", "key list", "key assign K --nobody", "token list", "token add x",
        ];
        foreach (var command in commands)
        {
            var ran = desk.Run(command.Split(' '));
            Assert.True(ran.Out.Length > 0, command);
            foreach (var c in ran.Out + ran.Err)
                Assert.False(c is '\u001b' or '\u0007' or '\u202e', command);
            if (!command.Contains("--csv", StringComparison.Ordinal)) Assert.DoesNotContain(desk.Run([.. command.Split(' '), "--json"]).Out, c => c is '\u001b' or '\u0007' or '\u202e');
        }
    }

    [Fact]
    public void colours_are_for_terminals_and_for_those_who_want_them()
    {
        using var service = new FakeService("""{"missions":[{"id":"m-1","title":"X"}]}""");
        using var desk = new Desk(service.Url);
        Assert.DoesNotContain('\e', desk.Run("mission", "list").Out);
        desk.Width = 100;
        Assert.Contains('\e', desk.Run("mission", "list").Out);
        Assert.DoesNotContain('\e', desk.Run("mission", "list", "--no-color").Out);
        desk.Variables["NO_COLOR"] = "1";
        Assert.DoesNotContain('\e', desk.Run("mission", "list").Out);
    }
}
