using Ledger.Views;
using Ledger.Views.Spend;

namespace Ledger.Service.Writing;

/// <summary>How much money an edit of history moved between parties; unknown when the views are not there in time.</summary>
internal sealed class Moved(Books books, SpendQueries spend)
{
    private static readonly TimeSpan patience = TimeSpan.FromSeconds(10);

    public async Task<Answer> AddTo(Answer answer, CancellationToken ct)
    {
        var there = await books.WaitFor(answer.Position, patience, ct);
        return answer.With("moved", there ? (await spend.Moved(answer.Position - answer.Events + 1, answer.Position, ct)).ToString() : null);
    }
}
