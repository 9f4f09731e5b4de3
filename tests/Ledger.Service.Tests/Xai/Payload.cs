using System.Text;

namespace Ledger.Service.Tests.Xai;

/// <summary>Answers as they were recorded, and texts that stand in for one.</summary>
internal static class Payload
{
    private static readonly string folder = Path.Combine(Root(), "tests", "Ledger.Service.Tests", "Xai", "payloads");

    public static ReadOnlyMemory<byte> File(string name) => System.IO.File.ReadAllBytes(Path.Combine(folder, name + ".json"));

    public static ReadOnlyMemory<byte> Text(string json) => Encoding.UTF8.GetBytes(json);

    public static DateTimeOffset At(string text) => Instants.TryParse(text, out var at) ? at : throw new FormatException(text);

    private static string Root()
    {
        var above = new DirectoryInfo(AppContext.BaseDirectory);
        while (above is not null && !System.IO.File.Exists(Path.Combine(above.FullName, "Ledger.slnx"))) above = above.Parent;
        return above?.FullName ?? throw new InvalidOperationException("Ledger.slnx is not above the tests.");
    }
}
