using Npgsql;

namespace Ledger.Service.Spend;

public sealed partial class SpendView
{
    /// <summary>Whether a line has this model or unit.</summary>
    public async Task<bool> HasBilled(Dimension dimension, string name, CancellationToken ct)
    {
        var column = Groups.NameOf(dimension);
        await using var command = new NpgsqlCommand($"select exists (select from {schema}.day where {column} = $1)", connection) { Parameters = { new() { Value = name } } };
        return (bool)(await command.ExecuteScalarAsync(ct))! || (await Billed(dimension, ct)).Contains(name);
    }

    /// <summary>All models or units that a line has, those of lines that cost nothing too.</summary>
    public async Task<IReadOnlySet<string>> Billed(Dimension dimension, CancellationToken ct)
    {
        var column = Groups.NameOf(dimension);
        var names = new HashSet<string>(StringComparer.Ordinal);
        await using var command = new NpgsqlCommand($"select distinct {column} from {schema}.line", connection);
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            names.Add(reader.GetString(0));
        return names;
    }
}
