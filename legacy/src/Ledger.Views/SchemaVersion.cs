using System.Globalization;
using Npgsql;

namespace Ledger.Views;

/// <summary>
/// Which version of the tables a schema holds, as a comment on it: it moves with the schema when a rebuild swaps. A change of
/// <c>Schema.sql</c>, or of what is written into a table, takes the next number.
/// </summary>
internal static class SchemaVersion
{
    /// <summary>2: scopes, balances and alerts. 1 had no number.</summary>
    public const int Current = 2;

    private const string Prefix = "ledger views ";

    public static string Text => Prefix + Current.ToString(CultureInfo.InvariantCulture);

    /// <summary>The version that is there; null when the schema is not.</summary>
    public static async Task<int?> Find(NpgsqlConnection db, string schema, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand("select coalesce(obj_description(oid, 'pg_namespace'), '') from pg_namespace where nspname = $1", db) { Parameters = { new() { Value = schema } } };
        return await command.ExecuteScalarAsync(ct) is not string text ? null
            : text.StartsWith(Prefix, StringComparison.Ordinal) && int.TryParse(text.AsSpan(Prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 1;
    }

    /// <summary>A newer program's tables are not ours to drop: it may be running.</summary>
    public static void RefuseNewer(int found)
    {
        if (found > Current)
            throw new InvalidOperationException($"The views were made by a newer program (version {found}, this one knows {Current}). Start that one, or drop the schema {Books.Schema}: it is computed from the log again.");
    }

    /// <summary>While we ran, another program put other tables there.</summary>
    public static void RefuseOther(int? found)
    {
        if (found != Current)
            throw new InvalidOperationException($"The views are of version {found}, and this program writes version {Current}: another program is at work here.");
    }
}
