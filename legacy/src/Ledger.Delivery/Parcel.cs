namespace Ledger.Delivery;

/// <summary>What leaves in one attempt: one message, or several late alerts as one mail.</summary>
/// <param name="Id">The same for every try.</param>
/// <param name="Class">One of the notification classes.</param>
/// <param name="Body">What is sent: UTF-8 JSON of the channel's kind.</param>
/// <param name="Messages">The messages it answers for.</param>
internal sealed record Parcel(Guid Id, string Class, ReadOnlyMemory<byte> Body, IReadOnlyList<ClaimedMessage> Messages)
{
    public int EarlierUnknown => Messages.Max(m => m.EarlierUnknown);

    public static Parcel Of(ClaimedMessage message, string @class) => new(message.Id, @class, message.Body, [message]);
}
