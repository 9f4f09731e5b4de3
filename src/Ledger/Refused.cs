namespace Ledger;

/// <summary>A rule, or the edge, says no. Caught in one place, which answers it; every other exception is a bug.</summary>
public sealed class Refused(Refusal why) : Exception(why.Detail)
{
    /// <summary>Refused with a code from <see cref="Refusals"/>. The value may come from outside: it is made harmless and cut.</summary>
    public Refused(string code, string detail, string? field = null, string? value = null, IReadOnlyList<string>? candidates = null)
        : this(new Refusal(code, detail, field, value is null ? null : Names.Printable(value), candidates)) { }

    /// <summary>Why.</summary>
    public Refusal Why { get; } = why;

    /// <summary>When it is worth asking again; null: asking again changes nothing.</summary>
    public TimeSpan? RetryAfter { get; init; }
}

/// <summary>Why something was refused.</summary>
/// <param name="Code">Stable, documented: see <see cref="Refusals"/>.</param>
/// <param name="Detail">One sentence a person can act on.</param>
/// <param name="Field">The field that is wrong, if one is.</param>
/// <param name="Value">The value that is wrong, cut; never a secret.</param>
/// <param name="Candidates">What could have been meant.</param>
/// <param name="RetryAt">When it is worth asking again, where that is known to the second.</param>
public sealed record Refusal(string Code, string Detail, string? Field = null, string? Value = null, IReadOnlyList<string>? Candidates = null, DateTimeOffset? RetryAt = null);

/// <summary>Every refusal code, what it means, the HTTP status and the exit code of the command line.</summary>
public static class Refusals
{
    /// <summary>All of them, in the order of the documentation.</summary>
    public static IReadOnlyDictionary<string, (int Status, int Exit, string Meaning)> All { get; } = new Dictionary<string, (int, int, string)>(StringComparer.Ordinal)
    {
        ["request.invalid"] = (400, 64, "The request is not well formed; the field and the value say where."),
        ["request.json"] = (400, 65, "The body is not the JSON this call takes: syntax, depth, duplicate or unknown members."),
        ["request.content_type"] = (415, 64, "The body must be application/json."),
        ["request.too_large"] = (413, 65, "The body is larger than 1 MB."),
        ["text.invalid"] = (400, 65, "A text holds U+0000, a lone surrogate, control or bidi characters, is empty or too long, or is a reserved name."),
        ["time.invalid"] = (400, 65, "Not a time this program understands."),
        ["time.out_of_range"] = (400, 65, "Before 2015, or more than 10 minutes ahead where only the past makes sense."),
        ["idempotency.missing"] = (400, 64, "A write needs an Idempotency-Key header."),
        ["idempotency.reused"] = (422, 65, "The same Idempotency-Key was used with another body."),
        ["auth.missing"] = (401, 77, "No token, or not a valid one."),
        ["auth.scope"] = (403, 77, "The token may not do this."),
        ["agent.unknown"] = (404, 65, "No agent of that name."),
        ["agent.exists"] = (409, 65, "An agent of that name exists."),
        ["agent.which"] = (400, 64, "More than one agent could be meant; say which."),
        ["key.unknown"] = (404, 65, "No key of that id or name."),
        ["key.ambiguous"] = (409, 65, "Several keys have that name; give the id."),
        ["provider.unknown"] = (404, 65, "No account of that provider."),
        ["model.unknown"] = (404, 65, "The books have no model of that name."),
        ["unit.unknown"] = (404, 65, "The books have no unit of that name."),
        ["weight.invalid"] = (400, 65, "A weight is an integer from 1 to 1,000,000."),
        ["mission.unknown"] = (404, 65, "No mission of that id or reference."),
        ["mission.ambiguous"] = (409, 65, "Several missions are meant; the candidates are listed."),
        ["mission.none_open"] = (409, 65, "No mission is open there."),
        ["mission.not_open"] = (409, 65, "The mission has already ended."),
        ["mission.not_ended"] = (409, 65, "The mission is still open."),
        ["mission.cancelled"] = (409, 65, "The mission was cancelled."),
        ["mission.end_before_start"] = (400, 65, "A window must end after it starts."),
        ["mission.overlaps_itself"] = (400, 65, "A mission's windows must not overlap."),
        ["account.unknown"] = (404, 65, "No account of that label."),
        ["account.ambiguous"] = (409, 64, "There are several accounts; say which."),
        ["account.exists"] = (409, 65, "This team is connected already."),
        ["account.label_taken"] = (409, 65, "Another account has this label."),
        ["account.removed"] = (409, 65, "The account was removed; connect it again first."),
        ["credential.other_team"] = (409, 65, "The key belongs to another team; rotation keeps the team."),
        ["credential.refused"] = (403, 77, "The provider refused the key; the detail says what kind of refusal it was."),
        ["credential.lost"] = (500, 78, "The stored credential can't be decrypted with the key file; enter it again."),
        ["provider.unavailable"] = (503, 69, "The provider can't be reached, answers with an error or without JSON, or asks us to wait (`retryAt`)."),
        ["provider.contract"] = (502, 65, "The provider's answer is JSON and not what it should be; nothing of it was used."),
        ["sync.timeout"] = (503, 69, "The reading takes longer than 30 seconds; it goes on in the background."),
        ["range.invalid"] = (400, 65, "The range is empty or too long."),
        ["group.invalid"] = (400, 64, "Not a dimension to group by."),
        ["position.unknown"] = (400, 65, "The log does not reach that position."),
        ["scope.invalid"] = (400, 64, "A scope is all, or account:, agent:, key:, model:, unit: or mission: and a name."),
        ["budget.invalid"] = (400, 65, "A budget needs limits above 0 for periods it can have, and thresholds in rising order; the field says what is wrong."),
        ["budget.unknown"] = (404, 65, "No budget of that name or id."),
        ["budget.closed"] = (409, 65, "The budget is closed; set it again first."),
        ["zone.unknown"] = (400, 65, "Not a time zone of the IANA database, such as Europe/Brussels."),
        ["recipient.invalid"] = (400, 65, "Not one plain e-mail address."),
        ["channel.unknown"] = (400, 64, "A channel is email, slack, webhook or exec."),
        ["channel.unconfigured"] = (409, 78, "The channel has no settings; the detail names what is missing."),
        ["alert.unknown"] = (404, 65, "No alert of that id."),
        ["hold.invalid"] = (400, 65, "A hold keeps more than $0 free, for at most 24 hours."),
        ["hold.unknown"] = (404, 65, "No hold of that id counts now."),
        ["hold.expired"] = (409, 65, "The hold has ended."),
        ["digest.week"] = (400, 65, "Not an ISO week that has begun, such as 2026-W47."),
        ["digest.unknown"] = (404, 65, "No digest of that week was composed."),
        ["digest.recipients"] = (409, 78, "Nobody to send a digest to: LEDGER_DIGEST_TO or --to."),
        ["message.unknown"] = (404, 65, "No message of that id in the outbox."),
        ["message.not_dead"] = (409, 65, "The message is no dead letter."),
        ["token.unknown"] = (404, 65, "No token of that id."),
        ["conflict.retry"] = (409, 69, "Somebody else wrote at the same moment and nothing of this was written; send it again."),
        ["log.busy"] = (503, 69, "The log can't take writes just now; try again."),
        ["log.conflict"] = (409, 65, "Somebody else changed it at the same moment; look and try again."),
        ["log.unknown"] = (503, 69, "Whether it was written is not known yet; ask again with the same key."),
        ["log.broken"] = (500, 70, "An invariant of the log is broken; run ledger verify."),
        ["database.unknown"] = (500, 78, "The database is not this program's, or a newer program's."),
        ["rate.limited"] = (429, 69, "Too many requests in a second; wait and try again."),
        ["not_found"] = (404, 64, "No such path."),
        ["internal"] = (500, 70, "A bug: please report it with the correlation id."),
    };
}
