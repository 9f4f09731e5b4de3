namespace Ledger.Cli;

/// <summary>The exit codes of the product; scripts and agents rely on them.</summary>
internal static class Exit
{
    public const int Ok = 0;
    public const int No = 1;
    public const int Changes = 2;
    public const int Usage = 64;
    public const int Data = 65;
    public const int Unavailable = 69;
    public const int Broken = 70;
    public const int NotAllowed = 77;
    public const int Config = 78;

    /// <summary>What each code means, for help and documentation.</summary>
    public static readonly (int Code, string Meaning)[] All =
    [
        (Ok, "done; also a bookmark that was queued, and an answer from stale data (it says so)"),
        (No, "the answer is no: `doctor` found something to fix, `guard` denies"),
        (Changes, "`budget plan` found something to change"),
        (Usage, "the command line is wrong: unknown command or flag, missing value, unreadable time"),
        (Data, "the request was understood and refused: unknown mission, ambiguous reference, end before start"),
        (Unavailable, "the service or what it needs can't be reached, or the data is older than `--max-age`; `guard` does not know"),
        (Broken, "an invariant is broken: `verify` or `rebuild` found a difference, or the service failed"),
        (NotAllowed, "missing or wrong token, missing permission, refused credential"),
        (Config, "a setting is wrong: URL, configuration file, folder"),
    ];
}
