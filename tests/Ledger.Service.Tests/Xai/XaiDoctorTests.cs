using Ledger.Service.Xai;

namespace Ledger.Service.Tests.Xai;

public sealed class XaiDoctorTests
{
    [Fact]
    public async Task the_diagnosis_of_a_healthy_account_is_good_throughout()
    {
        await using var scene = await Scene.Set();
        var diagnosis = await scene.Client.Diagnose(scene.Team.Id.ToUpperInvariant());
        Assert.True(diagnosis.Ok);
        Assert.Equal(scene.Team.Id, diagnosis.Team);
        Assert.Equal(["key.text", "key.valid", "clock", "team", "rights.billing", "rights.keys", "usage", "balance"], diagnosis.Checks.Select(check => check.Name));
        Assert.DoesNotContain(diagnosis.Checks, check => check.Warning);
    }

    [Fact]
    public async Task the_diagnosis_names_what_is_wrong_and_what_to_do()
    {
        await using var scene = await Scene.Set();
        var key = scene.Management;

        Assert.Contains("Management Keys", (await Failing(scene.NewClient(scene.Vigilio.Text), "key.valid")).Fix, StringComparison.Ordinal);
        Assert.Contains("looks like an API key for inference", (await Failing(scene.NewClient(scene.Vigilio.Text), "key.valid")).Detail, StringComparison.Ordinal);
        Assert.Contains("revoked, expired or mistyped", (await Failing(scene.NewClient("xai-token-nobody-ever-issued"), "key.valid")).Fix, StringComparison.Ordinal);
        Assert.Contains("belongs to team", (await Failing(scene.Client, "team", "some-other-team")).Detail, StringComparison.Ordinal);

        key.Acls = [XaiRights.ListApiKeys];
        Assert.Contains("team-token:endpoint:BillingRead", (await Failing(scene.Client, "rights.billing")).Fix, StringComparison.Ordinal);
        Assert.Contains("team-token:endpoint:BillingRead", (await Failing(scene.Client, "usage")).Fix, StringComparison.Ordinal);

        key.Acls = [XaiRights.BillingRead, "team-token:endpoint:UpdateApiKey"];
        scene.Xai.Faults.ClockAhead = TimeSpan.FromMinutes(7);
        var warned = await scene.NewClient($" {key.Text}\n").Diagnose();
        Assert.True(warned.Ok);
        Assert.Equal(["key.text", "clock", "rights.keys", "rights.surplus"], warned.Checks.Where(check => check.Warning).Select(check => check.Name));
        Assert.Contains("420 s", warned.Checks.Single(check => check.Name == "clock").Detail, StringComparison.Ordinal);
        foreach (var (seconds, matters) in new[] { (1, false), (4, true), (-4, true), (0, false) })
        {
            scene.Xai.Faults.ClockAhead = TimeSpan.FromSeconds(seconds);
            Assert.Equal(matters, (await scene.NewClient(key.Text).Diagnose()).Checks.Single(check => check.Name == "clock").Warning);
        }
        Assert.Contains("team-token:endpoint:ListApiKeys", warned.Checks.Single(check => check.Name == "rights.keys").Detail, StringComparison.Ordinal);
        Assert.Contains("UpdateApiKey", warned.Checks.Single(check => check.Name == "rights.surplus").Detail, StringComparison.Ordinal);

        key.OfOrganization = true;
        Assert.Contains("organization", (await Failing(scene.Client, "team")).Detail, StringComparison.Ordinal);
        Assert.True((await scene.Client.Diagnose(scene.Team.Id)).Ok);

        key.Revoked = true;
        Assert.Contains("revoked", (await Failing(scene.Client, "key.valid")).Detail, StringComparison.Ordinal);

        static async Task<XaiCheck> Failing(XaiClient client, string name, string? team = null)
        {
            var diagnosis = await client.Diagnose(team);
            Assert.False(diagnosis.Ok);
            return diagnosis.Checks.Single(check => check.Name == name && !check.Ok);
        }
    }
}
