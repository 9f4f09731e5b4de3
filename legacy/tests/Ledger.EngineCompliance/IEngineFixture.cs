namespace Ledger.EngineCompliance;

/// <summary>An engine with an empty log, its outbox and its leases on one store.</summary>
public interface IEngineFixture
{
    /// <summary>A fresh, empty store. Disposing it removes it.</summary>
    Task<IEngineUnderTest> Create();
}

/// <summary>One store of an engine.</summary>
public interface IEngineUnderTest : IAsyncDisposable
{
    IEventLog Log { get; }

    IOutbox Outbox { get; }

    ILeases Leases { get; }

    /// <summary>A second log on the same store, as another process would open it.</summary>
    Task<IEventLog> AnotherLog();
}
