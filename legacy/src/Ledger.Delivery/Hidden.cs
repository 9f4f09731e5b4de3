namespace Ledger.Delivery;

/// <summary>A secret of a channel: a password, an address that lets anybody post. It prints as <c>***</c>.</summary>
public sealed class Hidden(string text)
{
    /// <summary>The plain text: for the one who sends, nobody else.</summary>
    public string Reveal() => text;

    /// <summary>Always <c>***</c>.</summary>
    public override string ToString() => "***";
}
