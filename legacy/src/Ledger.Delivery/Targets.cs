using Ledger.Delivery.Exec;
using Ledger.Delivery.Webhooks;

namespace Ledger.Delivery;

/// <summary>What can be said of a target before anything is sent there.</summary>
public static class Targets
{
    /// <summary>Why an address can't be a webhook's; null when it can, as far as it tells without asking anybody.</summary>
    public static string? WhyNot(Uri url, IReadOnlyList<string> allowPrivate) => new AddressGuard(allowPrivate).WhyNot(url);

    /// <summary>Why a file can't be the program that is told; null when it can.</summary>
    public static string? WhyNotProgram(string path) => ExecChannel.WhyNot(path);
}
