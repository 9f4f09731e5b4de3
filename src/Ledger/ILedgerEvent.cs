namespace Ledger.Log;

/// <summary>Something that happened and is kept for ever.</summary>
/// <remarks>What is on disk has a short, versioned name of its own (<see cref="EventNames"/>), so a record can be renamed freely.</remarks>
public interface ILedgerEvent;
