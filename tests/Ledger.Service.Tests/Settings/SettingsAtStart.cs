using System.Diagnostics;
using Ledger.Service.Settings;

namespace Ledger.Service.Tests.Settings;

public sealed class SettingsAtStart
{
    [Theory]
    [InlineData("LEDGER_MAIL_TO", "nobody")]
    [InlineData("LEDGER_ZONE", "Europe/Atlantis")]
    [InlineData("SMTP_PASSWORD", "canary-5c1e-password")]
    [InlineData("LEDGER_WEBHOOK_URL", "http://hooks.example.org/canary-5c1e")]
    public async Task the_service_ends_with_78_and_names_the_setting_and_no_secret(string name, string value)
    {
        var service = new ProcessStartInfo("dotnet") { RedirectStandardError = true, RedirectStandardOutput = true };
        service.ArgumentList.Add(typeof(LedgerOptions).Assembly.Location);
        service.Environment["LEDGER_HOME"] = Path.Combine(Path.GetTempPath(), $"ledger-never-made-{Guid.NewGuid():N}");
        service.Environment[name] = value;
        using var process = Process.Start(service)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var said = await process.StandardError.ReadToEndAsync() + await output;
        await process.WaitForExitAsync();
        Assert.Equal(78, process.ExitCode);
        Assert.Contains(name, said, StringComparison.Ordinal);
        Assert.DoesNotContain("canary", said, StringComparison.Ordinal);
        Assert.False(Directory.Exists(service.Environment["LEDGER_HOME"]));
    }
}
