namespace Ledger.Service.Notifying;

/// <summary>Turns what was raised into messages: one per recipient or target, to be committed with what they tell of.</summary>
internal interface INotifier
{
    /// <summary>Composes the messages of alerts and recoveries that are about to be appended together.</summary>
    /// <param name="raised">Those that are to be told of; grouping and capping them is the notifier's.</param>
    /// <param name="now">Now.</param>
    /// <param name="ct">Cancels.</param>
    Task<IReadOnlyList<NewMessage>> Compose(IReadOnlyList<ILedgerEvent> raised, DateTimeOffset now, CancellationToken ct);
}
