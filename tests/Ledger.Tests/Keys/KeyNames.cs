using Ledger.Keys;

namespace Ledger.Tests.Keys;

public sealed class KeyNames
{
    private static readonly string whole = new('x', 200);
    private static readonly string cut = Names.Cut(new string('x', 230));

    public static TheoryData<string?, string?, string?> Told => new()
    {
        { null, null, null },
        { null, "xai-ba", "xai-ba" },
        { null, "k1", null },
        { "xai-ba", null, "xai-ba" },
        { "xai-ba", "k1", "xai-ba" },
        { "xai-ba", "xai-vigilio", "xai-vigilio" },
        { null, cut, cut },
        { whole, cut, whole },
        { "y", cut, cut },
        { cut, "y", "y" },
    };

    [Theory]
    [MemberData(nameof(Told))]
    public void a_worse_name_never_replaces_a_better_one(string? known, string? told, string? then)
    {
        var key = KeyOwnership.Of("a", "k1") with { Name = known };
        Assert.Equal(then, key.Seen(told).Name);
        Assert.Equal(then, KeyOwnership.Fold(key, new KeySeen("a", "k1", told, DateTimeOffset.UnixEpoch))!.Name);
    }

    [Fact]
    public void a_cut_name_is_as_long_as_a_name_may_be_and_splits_no_pair()
    {
        Assert.Equal((200, true), (cut.Length, Names.IsCut(cut)));
        var pairs = Names.Cut(new string('x', 198) + "😀😀");
        Assert.Equal((199, true, (string?)null), (pairs.Length, Names.IsCut(pairs), Names.WhyNot(pairs)));
        Assert.Equal((whole, false), (Names.Cut(whole), Names.IsCut(whole)));
    }
}
