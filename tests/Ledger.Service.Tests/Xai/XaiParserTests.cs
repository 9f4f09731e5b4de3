using Ledger.Accounts;
using Ledger.Money;
using Ledger.Service.Xai;
using static Ledger.Service.Tests.Xai.Payload;

namespace Ledger.Service.Tests.Xai;

public sealed class XaiParserTests
{
    private static readonly DateTimeOffset now = At("2026-11-16T12:30:00Z");
    private static readonly UsageAsked asked = new(new(At("2026-11-16T10:00:00Z"), At("2026-11-16T13:00:00Z")), 3600, DimensionSet.KeyModelUnit);

    [Fact]
    public void a_dense_answer_becomes_exact_lines_with_their_raw_text()
    {
        var part = XaiParser.Usage(File("usage-dense"), asked, now);

        Assert.True(part.Dense);
        Assert.False(part.LimitReached);
        Assert.Equal(9, part.Lines.Count);
        Assert.Equal(new ReadLine(At("2026-11-16T10:00:00Z"), 3600, "aa11", "grok-4-1-fast-reasoning", "Cached prompt text tokens", Usd.Parse("0.75"), "0.75"), part.Lines[0]);
        Assert.Equal(new ReadLine(At("2026-11-16T11:00:00Z"), 3600, "aa11", "grok-4-1-fast-reasoning", "Cached prompt text tokens", Usd.Zero, "0"), part.Lines[1]);
        Assert.Equal((Usd.Parse("0.1234567890"), "0.12345678901234568"), (part.Lines[2].Total, part.Lines[2].Raw));
        Assert.Equal((new Usd(1), "1e-10"), (part.Lines[3].Total, part.Lines[3].Raw));
        Assert.Equal(Usd.Parse("-0.5"), part.Lines[4].Total);
        Assert.Equal((Usd.Parse("0.000003"), "3E-06"), (part.Lines[5].Total, part.Lines[5].Raw));
        Assert.Equal(("grok-9-not-seen-before", "Dream tokens"), (part.Lines[5].Model, part.Lines[5].Unit));
        Assert.Null(part.Lines[6].Key);
        Assert.Equal(At("2026-11-16T11:00:00Z"), part.Lines[7].Start);
        Assert.Equal(Usd.Parse("0.06"), part.Lines[8].Total);
    }

    [Fact]
    public void a_key_is_named_by_its_label_up_to_the_last_bracket_of_a_key()
    {
        var part = XaiParser.Usage(File("usage-dense"), asked, now);
        Assert.Equal(new Dictionary<string, string> { ["aa11"] = "xai-vigilio", ["bb22"] = "Default (xai-old) key" }, part.KeyNames);
    }

    [Fact]
    public void an_answer_with_a_gap_is_read_and_not_called_dense()
    {
        var part = XaiParser.Usage(File("usage-gap"), asked, now);
        Assert.Equal(2, part.Lines.Count);
        Assert.False(part.Dense);
    }

    [Theory]
    [InlineData("2026-11-16T10:59:59Z", true)]
    [InlineData("2026-11-16T11:00:00Z", false)]
    public void only_a_bucket_that_has_begun_can_be_missed(string answered, bool dense)
    {
        var body = Text("""{"timeSeries":[{"group":["k","m","u"],"dataPoints":[{"timestamp":"2026-11-16T10:00:00Z","values":[1]}]}]}""");
        Assert.Equal(dense, XaiParser.Usage(body, asked, At(answered)).Dense);
    }

    [Fact]
    public void a_subset_of_the_groups_gives_no_lines()
    {
        var part = XaiParser.Usage(File("usage-limit-reached"), asked, now);
        Assert.True(part.LimitReached);
        Assert.Empty(part.Lines);
    }

    [Theory]
    [InlineData("""{"limitReached":false}""", true)]
    [InlineData("""{"timeSeries":null}""", true)]
    [InlineData("""{"timeSeries":[]}""", false)]
    [InlineData("""{"timeSeries":[],"limitReached":false}""", false)]
    [InlineData("{}", true)]
    public void an_answer_without_series_is_no_proof_of_zeros_and_one_without_their_list_says_nothing(string body, bool isSilent)
    {
        var part = XaiParser.Usage(Text(body), asked, now);
        Assert.Empty(part.Lines);
        Assert.False(part.Dense);
        Assert.Equal(isSilent, part.IsSilent);
    }

    [Theory]
    [InlineData("""["k (xai-...1)"]""", null)]
    [InlineData("""["\ud83d (xai-...1)","m","u"]""", null)]
    [InlineData("""[7,"m","u"]""", null)]
    [InlineData("""[null,"m","u"]""", null)]
    [InlineData("""["  ","m","u"]""", null)]
    [InlineData("[]", null)]
    [InlineData("7", null)]
    [InlineData("null", null)]
    [InlineData("""["a\u0000b (xai-...1)",7,{}]""", @"a\u0000b")]
    public void a_label_that_can_not_be_shown_is_left_out_and_the_figures_are_read(string labels, string? name)
    {
        var part = XaiParser.Usage(Text($$"""{"timeSeries":[{"group":["k","m","u"],"groupLabels":{{labels}},"dataPoints":[{"timestamp":"2026-11-16T10:00:00Z","values":[1]}]}]}"""), asked, now);
        Assert.Equal(Usd.Parse("1"), Assert.Single(part.Lines).Total);
        Assert.Equal(name, part.KeyNames.GetValueOrDefault("k"));
    }

    [Fact]
    public void a_label_that_is_too_long_is_cut_before_its_bracket_counts()
    {
        var part = XaiParser.Usage(Text($$"""{"timeSeries":[{"group":["k","m","u"],"groupLabels":["{{new string('x', 230)}} (xai-...0002)","m","u"],"dataPoints":[]}]}"""), asked, now);
        Assert.Equal(new string('x', 199) + "…", part.KeyNames["k"]);
        Assert.True(Names.IsCut(part.KeyNames["k"]));
    }

    [Fact]
    public void the_other_feeds_are_read_whatever_their_texts_are()
    {
        var (keys, _) = XaiParser.Keys(Text($$"""{"apiKeys":[{"apiKeyId":"k","name":"{{new string('x', 300)}}","redactedApiKey":7,"disabled":"perhaps","createTime":"once"}]}"""));
        Assert.Equal(new XaiKey("k", new string('x', 199) + "…", null, null, null), Assert.Single(keys));
        var identity = XaiParser.Identity(Text("""{"scope":"SCOPE_TEAM","scopeId":"t","name":["n"],"redactedApiKey":"\udead","acls":7}"""), null);
        Assert.Equal(("t", null, null, 0), (identity.Team, identity.Name, identity.Redacted, identity.Acls.Count));
        var preview = XaiParser.Preview(Text("""{"coreInvoice":{"lines":[{"description":7,"unitType":"a\u0000","numUnits":"1","amount":"15"}]}}"""), now, now);
        Assert.Equal(("", @"a\u0000", Usd.Parse("0.15")), (preview.Lines[0].Description, preview.Lines[0].Unit, preview.Lines[0].Amount));
    }

    [Theory]
    [InlineData("{}", null)]
    [InlineData("""{"total":{}}""", "0.00")]
    [InlineData("""{"changes":[]}""", "0.00")]
    public void purchases_without_a_list_are_none_where_a_total_is_told(string body, string? sum) =>
        Assert.Equal(sum, XaiParser.Prepaid(Text(body))?.Purchases.ToString());

    [Fact]
    public void a_bucket_up_to_ten_minutes_ahead_of_our_clock_is_taken()
    {
        var ahead = At("2026-11-16T11:50:00Z");
        Assert.Equal(9, XaiParser.Usage(File("usage-dense"), asked, ahead).Lines.Count);
        var e = Assert.Throws<ProviderException>(() => XaiParser.Usage(File("usage-dense"), asked, ahead.AddSeconds(-1)));
        Assert.Contains("lies in the future", e.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void the_validation_names_the_team_of_the_scope()
    {
        var identity = XaiParser.Identity(File("validation"), null);
        Assert.Equal(("1b2c", "ledger-reader", "xai-token-...Q9", "6f01"), (identity.Team, identity.Name, identity.Redacted, identity.KeyId));
        Assert.True(identity.Holds(XaiRights.BillingRead));
        Assert.False(identity.Holds(XaiRights.ListApiKeys));
    }

    [Fact]
    public void the_validation_is_read_in_the_spelling_of_the_documentation_too()
    {
        var identity = XaiParser.Identity(File("validation-misspelt"), null);
        Assert.Equal(("1b2c", null, "xai-token-...Q9"), (identity.Team, identity.Name, identity.Redacted));
        Assert.Empty(identity.Acls);
    }

    [Theory]
    [InlineData("team-token:endpoint:*", true)]
    [InlineData("team-token:*", true)]
    [InlineData("team-token:endpoint:BillingWrite", false)]
    [InlineData("api-key:endpoint:*", false)]
    public void a_right_may_be_held_by_a_wildcard(string held, bool holds) =>
        Assert.Equal(holds, new XaiIdentity(null, null, null, null, null, [held], null).Holds(XaiRights.BillingRead));

    [Fact]
    public void keys_are_read_whether_disabled_is_a_text_or_a_truth_value()
    {
        var (keys, next) = XaiParser.Keys(File("keys"));
        Assert.Equal("n3xt", next);
        Assert.Equal(
            [new XaiKey("aa11", "xai-vigilio", "xai-...WZd0", false, At("2026-03-01T09:00:00Z")), new XaiKey("bb22", "xai-ba", null, true, null), new XaiKey("cc33", null, null, null, null)],
            keys);
    }

    [Fact]
    public void credit_that_is_held_is_positive_and_what_is_left_is_the_difference()
    {
        var balance = XaiParser.Preview(File("preview"), now, now);
        Assert.Equal((2026, 11), (balance.CycleYear, balance.CycleMonth));
        Assert.Equal(Usd.Parse("0.20"), balance.CycleTotal);
        Assert.Equal(Usd.Parse("31.00"), balance.PrepaidCredit);
        Assert.Equal(Usd.Parse("0.13"), balance.PrepaidUsed);
        Assert.Equal(Usd.Parse("30.87"), balance.PrepaidLeft);
        Assert.Equal(Usd.Parse("0.07"), balance.FreeCredit);
        Assert.Equal(Usd.Parse("200.00"), balance.SpendingLimit);
        Assert.Null(balance.Purchases);
    }

    [Fact]
    public void invoice_lines_keep_counts_and_leave_top_ups_out() =>
        Assert.Equal(
            [
                new InvoiceLine("grok-4-1-fast-reasoning", "Cached prompt text tokens", 4_000_000, "5", Usd.Parse("0.20")),
                new InvoiceLine("grok-4-1-fast-reasoning", "Completion text tokens", 1000, "50", Usd.Zero),
            ],
            XaiParser.Preview(File("preview"), now, now).Lines);

    [Fact]
    public void money_without_a_value_is_zero_and_money_that_is_not_there_is_unknown()
    {
        var balance = XaiParser.Preview(File("preview-first-of-month"), now, now);
        Assert.Equal(Usd.Zero, balance.PrepaidCredit);
        Assert.Equal(Usd.Zero, balance.CycleTotal);
        Assert.Null(balance.PrepaidUsed);
        Assert.Null(balance.PrepaidLeft);
        Assert.Null(balance.FreeCredit);
        Assert.Empty(balance.Lines);
    }

    [Fact]
    public void only_top_ups_that_succeeded_are_money() => Assert.Equal(Usd.Parse("60.00"), XaiParser.Prepaid(File("prepaid"))?.Purchases);

    [Fact]
    public void the_limit_is_the_one_that_is_enforced() => Assert.Equal(Usd.Parse("50.00"), XaiParser.SpendingLimit(File("limits")));

    [Fact]
    public void characters_that_act_on_a_terminal_are_spelt_out_so_that_names_stay_different()
    {
        var body = Text("""{"timeSeries":[{"group":["k","gr\u202eok","a\u001b[2J"],"groupLabels":["n\u202e (xai-...1)","x","y"],"dataPoints":[]}]}""".Replace("\"dataPoints\":[]", """ "dataPoints":[{"timestamp":"2026-11-16T10:00:00Z","values":[1]}] """, StringComparison.Ordinal));
        var part = XaiParser.Usage(body, asked, now);
        Assert.Equal((@"gr\u202Eok", @"a\u001B[2J"), (part.Lines[0].Model, part.Lines[0].Unit));
        Assert.Equal(@"n\u202E", part.KeyNames["k"]);
    }

    [Fact]
    public void a_name_of_two_hundred_characters_is_taken_and_one_more_is_not()
    {
        Assert.Single(XaiParser.Usage(One(new string('m', 200)), asked, now).Lines);
        Assert.Contains("longer than 200", Assert.Throws<ProviderException>(() => XaiParser.Usage(One(new string('m', 201)), asked, now)).Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"currency":"USD","timeSeries":[]}""", null)]
    [InlineData("""{"currency":"usd","timeSeries":[]}""", null)]
    [InlineData("""{"timeSeries":[]}""", "currency is missing")]
    [InlineData("""{"currency":null}""", "currency is missing")]
    [InlineData("""{"currency":"EUR"}""", "only USD")]
    public void a_feed_that_names_its_currency_must_say_dollars(string body, string? refusal)
    {
        var failure = Record.Exception(() => XaiParser.Usage(Text(body), asked with { CurrencyField = "currency" }, now));
        if (refusal is null) Assert.Null(failure);
        else Assert.Contains(refusal, Assert.IsType<ProviderException>(failure).Detail, StringComparison.Ordinal);
    }

    private static ReadOnlyMemory<byte> One(string model) =>
        Text($$"""{"timeSeries":[{"group":["k","{{model}}","u"],"dataPoints":[{"timestamp":"2026-11-16T10:00:00Z","values":[1]}]}]}""");
}
