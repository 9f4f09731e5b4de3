namespace Ledger.Service.Hosting;

/// <summary>A setting that can't work. The program ends with 78 and names it.</summary>
internal sealed class ConfigurationException(string setting, string why) : Exception($"{setting}: {why}")
{
    public const int Exit = 78;

    public string Setting { get; } = setting;
}
