using Wolverine;

namespace Ledger.Service.Channels;

public static class Setup
{
    public static void Channels(this WolverineOptions opts) => DeliveryPolicies.Apply(opts);
}
