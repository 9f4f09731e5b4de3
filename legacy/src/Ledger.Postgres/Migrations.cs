using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using Npgsql;

namespace Ledger.Postgres;

/// <summary>One numbered step of a component's schema. Once released it never changes: its hash is kept.</summary>
/// <param name="Component">Who owns it: <c>engine</c>, <c>views</c>, <c>service</c>.</param>
/// <param name="Number">Dense from 1 inside the component.</param>
/// <param name="Name">For people.</param>
/// <param name="Sql">Statements without schema names; they run in one transaction, with the schema as search path.</param>
public sealed record Migration(string Component, int Number, string Name, string Sql)
{
    internal string Sha256 => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Sql)));

    /// <summary>A component's migrations from the embedded resources named <c>001-what-it-does.sql</c>.</summary>
    public static IReadOnlyList<Migration> FromResources(string component, Assembly assembly) =>
        [.. from resource in assembly.GetManifestResourceNames()
            where resource.EndsWith(".sql", StringComparison.Ordinal) && resource.Length > 8 && resource[3] == '-'
                && int.TryParse(resource.AsSpan(0, 3), out _)
            orderby resource
            select new Migration(component, int.Parse(resource.AsSpan(0, 3), provider: null), resource[4..^4], Read(assembly, resource))];

    private static string Read(Assembly assembly, string resource)
    {
        using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!, Encoding.UTF8);
        return reader.ReadToEnd();
    }
}

/// <summary>The database's schema is not one that this program can work with.</summary>
public sealed class SchemaMismatchException(string message) : Exception(message);

/// <summary>Brings the schema up to what the program needs: numbered steps, each in one transaction, one program at a time.</summary>
public static class Migrations
{
    /// <summary>The engine's own steps.</summary>
    public static IReadOnlyList<Migration> Engine { get; } = Migration.FromResources("engine", typeof(Migrations).Assembly);

    /// <summary>Runs the engine's steps, then the given ones, as far as they are missing. Safe to call from several programs at once.</summary>
    /// <exception cref="SchemaMismatchException">The database is newer than the program, or a step that ran differs from ours.</exception>
    public static async Task Run(LedgerDatabase database, IEnumerable<Migration> more, CancellationToken ct)
    {
        Migration[] wanted = [.. Engine, .. more];
        await using var connection = await database.Writers.OpenConnectionAsync(ct);
        await CreateSchema(connection, database.Schema, ct);
        Refuse(wanted, await Done(connection, null, ct));
        foreach (var migration in wanted)
            await Run(connection, database.Schema, migration, ct);
    }

    /// <summary>Checks that every step ran and none is unknown, without changing anything.</summary>
    /// <exception cref="SchemaMismatchException">The database is older or newer than the program.</exception>
    internal static async Task Check(NpgsqlConnection connection, IReadOnlyList<Migration> wanted, CancellationToken ct)
    {
        await using (var exists = new NpgsqlCommand("select to_regclass('ledger_migration') is not null", connection))
        {
            if (await exists.ExecuteScalarAsync(ct) is not true)
                throw new SchemaMismatchException("This database holds no ledger yet. Run the migrations first.");
        }
        var done = await Done(connection, null, ct);
        Refuse(wanted, done);
        if (wanted.FirstOrDefault(m => !done.ContainsKey((m.Component, m.Number))) is { } missing)
            throw new SchemaMismatchException($"This database is older than the program: {missing.Component} {missing.Number} ({missing.Name}) has not run.");
    }

    private static async Task CreateSchema(NpgsqlConnection connection, string schema, CancellationToken ct)
    {
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await Lock(connection, transaction, schema, ct);
        // The name has been checked against a strict pattern; identifiers can't be parameters.
        await Execute(connection, transaction, $"""
            create schema if not exists "{schema}";
            create table if not exists ledger_migration (
                component text not null, id int not null, name text not null, sha256 text not null,
                at timestamptz not null default now(), primary key (component, id))
            """, ct);
        await transaction.CommitAsync(ct);
    }

    private static async Task Run(NpgsqlConnection connection, string schema, Migration migration, CancellationToken ct)
    {
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await Lock(connection, transaction, schema, ct);
        var done = await Done(connection, transaction, ct);
        if (done.ContainsKey((migration.Component, migration.Number)))
            return;
        if (migration.Number > 1 && !done.ContainsKey((migration.Component, migration.Number - 1)))
            throw new SchemaMismatchException($"Migration {migration.Component} {migration.Number} ({migration.Name}) needs {migration.Number - 1} first.");
        await Execute(connection, transaction, migration.Sql, ct);
        await using (var record = new NpgsqlCommand("insert into ledger_migration (component, id, name, sha256) values ($1, $2, $3, $4)", connection, transaction))
        {
            record.Parameters.Add(new() { Value = migration.Component });
            record.Parameters.Add(new() { Value = migration.Number });
            record.Parameters.Add(new() { Value = migration.Name });
            record.Parameters.Add(new() { Value = migration.Sha256 });
            await record.ExecuteNonQueryAsync(ct);
        }
        await transaction.CommitAsync(ct);
    }

    private static void Refuse(IReadOnlyList<Migration> wanted, Dictionary<(string, int), string> done)
    {
        foreach (var component in wanted.GroupBy(m => m.Component))
        {
            var known = component.Max(m => m.Number);
            var newest = done.Keys.Where(k => k.Item1 == component.Key).Select(k => k.Item2).DefaultIfEmpty(0).Max();
            if (newest > known)
            {
                throw new SchemaMismatchException(
                    $"This database is newer than the program: {component.Key} is at {newest}, the program knows {known}. Start the newer program, or restore an older backup.");
            }
        }
        foreach (var migration in wanted)
        {
            if (done.TryGetValue((migration.Component, migration.Number), out var sha256) && sha256 != migration.Sha256)
                throw new SchemaMismatchException($"Migration {migration.Component} {migration.Number} ({migration.Name}) ran here in another version than the program's.");
        }
    }

    private static async Task<Dictionary<(string, int), string>> Done(NpgsqlConnection connection, NpgsqlTransaction? transaction, CancellationToken ct)
    {
        var done = new Dictionary<(string, int), string>();
        await using var command = new NpgsqlCommand("select component, id, sha256 from ledger_migration", connection, transaction);
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            done.Add((reader.GetString(0), reader.GetInt32(1)), reader.GetString(2));
        return done;
    }

    private static async Task Lock(NpgsqlConnection connection, NpgsqlTransaction transaction, string schema, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand("select pg_advisory_xact_lock(hashtextextended('ledger_migration:' || $1, 0))", connection, transaction);
        command.Parameters.Add(new() { Value = schema });
        await command.ExecuteNonQueryAsync(ct);
    }

    private static async Task Execute(NpgsqlConnection connection, NpgsqlTransaction transaction, string sql, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(sql, connection, transaction);
        command.CommandTimeout = 0;
        await command.ExecuteNonQueryAsync(ct);
    }
}
