namespace Ledger.Service.Settings;

/// <summary>A setting that can't work. The program ends with 78 and names it.</summary>
public sealed class ConfigurationException(string setting, string why) : Exception($"{setting}: {why}")
{
    /// <summary>The program's exit code: EX_CONFIG of sysexits.</summary>
    public const int Exit = 78;

    /// <summary>The setting's name, as the operator wrote it.</summary>
    public string Setting { get; } = setting;
}
