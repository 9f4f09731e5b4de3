namespace Ledger.Demo;

/// <summary>What the demo was asked for.</summary>
/// <param name="Once">Ends with the story.</param>
/// <param name="Home">Folder under which the demo makes its own.</param>
internal sealed record DemoOptions(bool Once, string Home)
{
    /// <summary>Null: not understood.</summary>
    public static DemoOptions? Parse(string[] args)
    {
        var once = false;
        var home = Environment.GetEnvironmentVariable("LEDGER_HOME") is { Length: > 0 } given ? given : DefaultHome();
        for (var i = 0; i < args.Length; i++)
            switch (args[i])
            {
                case "--once":
                    once = true;
                    break;
                case "--home" when i + 1 < args.Length:
                    home = args[++i];
                    break;
                case var joined when joined.StartsWith("--home=", StringComparison.Ordinal):
                    home = joined["--home=".Length..];
                    break;
                default:
                    return null;
            }
        return new(once, Path.GetFullPath(home));
    }

    private static string DefaultHome() =>
        Path.Combine(Environment.GetEnvironmentVariable("XDG_DATA_HOME") is { Length: > 0 } data ? data : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".local", "share"), "ledger");
}
