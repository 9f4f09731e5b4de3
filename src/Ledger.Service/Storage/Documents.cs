using Ledger.Alerts;
using Ledger.Service.Accounts;
using Ledger.Service.Alerts;
using Ledger.Service.Channels;
using Ledger.Service.Digests;
using Ledger.Service.Operations;
using Ledger.Service.Polling;
using Ledger.Service.Tokens;
using Marten;

namespace Ledger.Service.Storage;

/// <summary>What is kept beside the log: documents that can change and be deleted.</summary>
public static class StoredDocuments
{
    public static void Documents(this StoreOptions o)
    {
        o.Schema.For<Source>().Identity(x => x.Account).UseOptimisticConcurrency(true);
        o.Schema.For<HeldDay>().Identity(x => x.Id);
        o.Schema.For<WatchMark>().UseOptimisticConcurrency(true);
        o.Schema.For<DigestReaders>().UseOptimisticConcurrency(true);
        o.Schema.For<NotificationLimit>().Identity(x => x.Id).UseOptimisticConcurrency(true);
        o.Schema.For<Alert>().Index(x => x.At);
        o.Schema.For<Credential>().Identity(x => x.Id).Index(x => x.Account);
        o.Schema.For<BooksCheck>().Identity(x => x.Id);
        o.Schema.For<Token>().Identity(x => x.Id).UniqueIndex(x => x.Hash);
    }
}
