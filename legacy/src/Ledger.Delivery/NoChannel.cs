namespace Ledger.Delivery;

/// <summary>Stands where nothing is configured: what was meant for it is set aside, visibly, to be retried once it is.</summary>
internal sealed class NoChannel(string kind, string name, string setting) : IChannel
{
    public string Kind => kind;

    public ChannelRules Rules { get; } = new() { CopiesAreTold = true };

    public ChannelInfo Info { get; } = new(name, false, null, $"{setting} is not set.");

    public Task<Outcome> Send(Parcel parcel, CancellationToken ct) => Task.FromResult<Outcome>(new Outcome.Refused($"no {name} is configured: set {setting}, then retry"));
}
