using Weasel.Core;
using Weasel.Core.Migrations;
using Weasel.Postgresql;
using Weasel.Postgresql.Tables;

namespace Ledger.Service.Spend;

/// <summary>
/// The tables of the money views. Every row can be computed again from the events. Money is in ticks of 1e-10 dollar; an empty text
/// is what billing does not name, or nobody.
/// </summary>
public sealed class SpendTables : FeatureSchemaBase
{
    /// <summary>The schema that is read. Its name carries the version of the projection.</summary>
    public const string Live = "spend_v3";

    /// <summary>The schema that a rebuild fills.</summary>
    public const string Next = "spend_v3_next";

    /// <summary>The schema that a rebuild replaced.</summary>
    public const string Before = "spend_v3_before";

    /// <summary>A claim's least and most, summed up, where <c>total</c> is its line's: what <see cref="Ledger.Spend.Claim"/> says of one, for many.</summary>
    public const string Bounds = "coalesce(sum(total) filter (where sole or total < 0), 0) as low, coalesce(sum(total) filter (where sole or total > 0), 0) as high";

    private readonly string schema;

    public SpendTables(string schema)
        : base($"ledger_{schema}", new PostgresqlMigrator())
    {
        this.schema = schema;
        Tables = [Line(), Fact(), Part(), Claim(), Day(), AgentDay(), Balance(), Context(), Mark()];
    }

    public IReadOnlyList<Table> Tables { get; }

    /// <summary>The claims in a schema, each with the total of its line.</summary>
    public static string ClaimsOf(string schema) =>
        $"{schema}.claim c cross join lateral (select total from {schema}.fact f where f.line_id = c.line_id order by position desc limit 1) t";

    protected override IEnumerable<ISchemaObject> schemaObjects() => Tables;

    /// <summary>The finest thing the provider puts a price on. What it costs is in its facts.</summary>
    private Table Line()
    {
        var table = Named("line");
        table.AddColumn<long>("id").AsPrimaryKey();
        Dimensions(table);
        table.AddColumn("dimensions", "smallint").NotNull();
        table.AddColumn<DateTimeOffset>("start").NotNull();
        table.AddColumn<int>("seconds").NotNull();
        table.AddColumn<DateTimeOffset>("missing_since");
        Index(table, "line_by_key", null, "account", "key", "start");
        Index(table, "line_by_start", null, "start");
        Index(table, "line_missing", "missing_since is not null", "account");
        return table;
    }

    /// <summary>What the provider said of a line, reading by reading. All facts of a reading stand at the position of its last part.</summary>
    private Table Fact()
    {
        var table = Named("fact");
        table.AddColumn<long>("line_id").AsPrimaryKey();
        table.AddColumn<long>("position").AsPrimaryKey();
        table.AddColumn<long>("total").NotNull();
        table.AddColumn<long>("replaces");
        table.AddColumn<DateTimeOffset>("evidence_start").NotNull();
        table.AddColumn<DateTimeOffset>("evidence_end").NotNull();
        table.AddColumn<DateTimeOffset>("answered").NotNull();
        table.AddColumn("closed", "boolean").NotNull();
        // What moved here from other lines of the key, with their evidence.
        table.AddColumn("moved", "bigint[]");
        table.AddColumn("moved_starts", "timestamptz[]");
        table.AddColumn("moved_ends", "timestamptz[]");
        Index(table, "fact_by_position", null, "position");
        return table;
    }

    /// <summary>Who carries what now. An empty mission is (idle); an empty agent too is (unassigned).</summary>
    private Table Part()
    {
        var table = Named("part");
        table.AddColumn<long>("line_id").NotNull();
        table.AddColumn("mission", "text").NotNull();
        table.AddColumn("agent", "text").NotNull();
        table.AddColumn("method", "smallint").NotNull();
        table.AddColumn<long>("amount").NotNull();
        table.AddColumn<long>("restated").NotNull();
        Dimensions(table);
        table.AddColumn<DateTimeOffset>("start").NotNull();
        table.AddColumn<int>("seconds").NotNull();
        table.AddColumn("day", "date").NotNull();
        // No unique index over its texts: they are most of what writing a part costs, and verify finds a part that stands twice.
        Index(table, "part_by_line", null, "line_id");
        Index(table, "part_by_start", null, "start");
        Index(table, "part_by_mission", "mission <> ''", "mission");
        // How an agent spent lately is asked before each of its steps.
        Index(table, "part_by_agent", null, "agent", "start");
        return table;
    }

    /// <summary>
    /// Which missions can have spent some of a line, and whether one alone can have. The amounts between which its part lies follow from the
    /// line's total (<see cref="Bounds"/>), so a reading changes nothing here.
    /// </summary>
    private Table Claim()
    {
        var table = Named("claim");
        table.AddColumn<long>("line_id").NotNull();
        table.AddColumn("mission", "text").NotNull();
        table.AddColumn("sole", "boolean").NotNull();
        Index(table, "claim_by_line", null, "line_id");
        Index(table, "claim_by_mission", null, "mission");
        return table;
    }

    /// <summary>Parts added up by day of the team's zone.</summary>
    private Table Day()
    {
        var table = Named("day", fillFactor: 85);
        table.AddColumn("day", "date").AsPrimaryKey();
        foreach (var name in (string[])["account", "key", "model", "unit", "agent", "mission"])
            table.AddColumn(name, "text").AsPrimaryKey();
        table.AddColumn("method", "smallint").AsPrimaryKey();
        table.AddColumn<long>("billed").NotNull();
        table.AddColumn<long>("restated").NotNull();
        Index(table, "day_by_mission", "mission <> ''", "mission");
        return table;
    }

    /// <summary>The days once more, without keys, models and units: what most questions ask for, in a fraction of the rows.</summary>
    private Table AgentDay()
    {
        var table = Named("agent_day", fillFactor: 85);
        table.AddColumn("day", "date").AsPrimaryKey();
        foreach (var name in (string[])["account", "agent", "mission"])
            table.AddColumn(name, "text").AsPrimaryKey();
        table.AddColumn<long>("billed").NotNull();
        Index(table, "agent_day_by_mission", "mission <> ''", "mission");
        return table;
    }

    /// <summary>What the providers said of their prepaid money, dated; null is unknown.</summary>
    private Table Balance()
    {
        var table = Named("balance");
        table.AddColumn("account", "text").AsPrimaryKey();
        table.AddColumn<long>("position").AsPrimaryKey();
        table.AddColumn<DateTimeOffset>("answered").NotNull();
        table.AddColumn<long>("credit");
        table.AddColumn<long>("used");
        table.AddColumn<long>("remaining");
        return table;
    }

    /// <summary>Accounts, agents, keys and missions as the rows know them: who owned what when, and what it is called.</summary>
    private Table Context()
    {
        var table = Named("context");
        table.AddColumn("kind", "text").AsPrimaryKey();
        table.AddColumn("id", "text").AsPrimaryKey();
        table.AddColumn("doc", "jsonb").NotNull();
        return table;
    }

    /// <summary>How far the rows are: one row. Another filling of the tables has another id.</summary>
    private Table Mark()
    {
        var table = Named("mark");
        table.AddColumn<int>("one").AsPrimaryKey();
        table.AddColumn<long>("position").NotNull();
        table.AddColumn<long>("events").NotNull();
        table.AddColumn("zone", "text").NotNull();
        table.AddColumn<Guid>("filling").NotNull();
        return table;
    }

    private static void Dimensions(Table table)
    {
        foreach (var name in (string[])["account", "key", "model", "unit"])
            table.AddColumn(name, "text").NotNull();
    }

    private Table Named(string name, int? fillFactor = null)
    {
        var table = new Table(new PostgresqlObjectName(schema, name, SchemaUtils.IdentifierUsage.General));
        if (fillFactor is { } percent) table.WithFillFactor(percent);
        return table;
    }

    private static void Index(Table table, string name, string? where, params string[] columns) =>
        table.Indexes.Add(new IndexDefinition(name) { Columns = columns, Predicate = where });
}
