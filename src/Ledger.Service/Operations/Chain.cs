using Marten;

namespace Ledger.Service.Operations;

public static class ChainSetup
{
    public static void Chain(this StoreOptions o)
    {
    }
}
