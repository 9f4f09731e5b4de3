using System.Text;

namespace Ledger.Providers.Tests;

internal static class Payload
{
    public static ReadOnlyMemory<byte> File(string name) => System.IO.File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "payloads", "xai", name + ".json"));

    public static ReadOnlyMemory<byte> Text(string json) => Encoding.UTF8.GetBytes(json);

    public static DateTimeOffset At(string text) => Instants.TryParse(text, out var at) ? at : throw new FormatException(text);
}
