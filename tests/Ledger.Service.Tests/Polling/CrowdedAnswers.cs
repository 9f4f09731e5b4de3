using Ledger.Accounts;
using Ledger.Demo.Simulator;
using Ledger.Money;
using Ledger.Service.Tests.Support;

namespace Ledger.Service.Tests.Polling;

/// <summary>A team with more groups than one answer holds: time is split down to one hour before anything is left out.</summary>
public sealed class CrowdedAnswers(TestDatabases databases)
{
    [Fact]
    public async Task hours_that_fit_keep_their_models_however_many_a_day_has()
    {
        await using var host = await LedgerHost.Start(databases, s => s with { BackfillDays = 3 });
        var key = host.Team.AddKey("xai-ba", host.Clock.GetUtcNow().AddDays(-39));
        var day = new DateTimeOffset(2026, 11, 15, 0, 0, 0, TimeSpan.Zero);
        for (var hour = 0; hour < 24; hour++)
            for (var i = 0; i < 3; i++)
                host.Team.Spend("ba", key.Id, $"model-{hour}-{i}", Prices.Prompt, Usd.Parse("0.01"), day.AddHours(hour).AddMinutes(10 + i));
        // One hour is crowded by itself.
        for (var i = 0; i < 3; i++) host.Team.Spend("ba", key.Id, $"more-{i}", Prices.Prompt, Usd.Parse("0.01"), day.AddHours(12.5));
        host.Xai.Faults.GroupsMax = 4;
        await host.Connect();

        Assert.Equal(Usd.Parse("0.75"), await host.Billed());
        var snapshots = await host.Snapshots();
        var lines = snapshots.SelectMany(s => s.Lines.Select(l => (l.Start, Dimensions: l.Dimensions ?? s.Dimensions, l.Model, l.Total))).ToArray();
        Assert.Equal([day.AddHours(12)], lines.Where(l => l.Dimensions != DimensionSet.KeyModelUnit).Select(l => l.Start).Distinct());
        Assert.Equal(23 * 3, lines.Count(l => l.Model is not null));

        host.Spends("0.50");
        await host.Sync();
        Assert.Equal(Usd.Parse("1.25"), await host.Billed());
        Assert.InRange(host.Xai.Calls(XaiCall.Usage), 40, 400);
    }
}
