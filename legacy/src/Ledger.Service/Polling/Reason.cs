namespace Ledger.Service.Polling;

/// <summary>Why a poll is made; how much it reads and who waits for it follow from that.</summary>
internal enum Reason
{
    /// <summary>Its turn has come.</summary>
    Due,

    /// <summary>The daily reading of 35 days.</summary>
    Reread,

    /// <summary>A bookmark asks for a reading at its edge.</summary>
    Bookmark,

    /// <summary>Somebody asked for it and waits.</summary>
    Sync,
}

/// <summary>What a poll brought.</summary>
/// <param name="Readings">Readings taken.</param>
/// <param name="LinesChanged">Lines that changed.</param>
/// <param name="Through">When the last complete reading was asked.</param>
/// <param name="Position">Last position written, or the head when nothing changed.</param>
internal sealed record Polled(int Readings, int LinesChanged, DateTimeOffset Through, long Position);

/// <summary>Another node polls this account right now, or it was polled a moment ago.</summary>
internal sealed class NotMyTurnException : Exception;
