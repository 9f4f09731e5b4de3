using System.Text;

namespace Ledger.Cli.Http;

/// <summary>A path with a query; what is null is left out.</summary>
internal sealed class Query(string path)
{
    private readonly StringBuilder text = new(path);
    private bool any;

    public Query With(string name, string? value)
    {
        if (value is null) return this;
        text.Append(any ? '&' : '?').Append(name).Append('=').Append(Uri.EscapeDataString(value));
        any = true;
        return this;
    }

    public override string ToString() => text.ToString();

    public static implicit operator Query(string path) => new(path);
}
