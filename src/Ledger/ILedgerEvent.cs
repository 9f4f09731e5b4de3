namespace Ledger;

/// <summary>Something that happened and is kept for ever.</summary>
/// <remarks>The store knows an event by a short, versioned name of its own, so that a record can be renamed freely.</remarks>
public interface ILedgerEvent;
