using Ledger.Tests.House;

namespace Ledger.Cli.Tests;

/// <summary>What people see in their terminal, in files.</summary>
internal static class Screen
{
    public static void Matches(string text, string name) => Golden.Matches(text, $"tests/Ledger.Cli.Tests/golden/{name}.txt");
}
