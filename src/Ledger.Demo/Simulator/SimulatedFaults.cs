namespace Ledger.Demo.Simulator;

/// <summary>Which answer a fault is about.</summary>
public enum XaiCall
{
    /// <summary>Any.</summary>
    Any,

    /// <summary>Validation of the management key.</summary>
    Validation,

    /// <summary>List of API keys.</summary>
    Keys,

    /// <summary>Usage.</summary>
    Usage,

    /// <summary>Invoice preview.</summary>
    Preview,

    /// <summary>Prepaid balance.</summary>
    Prepaid,

    /// <summary>Spending limits.</summary>
    Limits,
}

/// <summary>What can go wrong with one answer.</summary>
public enum Fault
{
    /// <summary>429; the argument is the <c>Retry-After</c> text, none: no header.</summary>
    TooManyRequests,

    /// <summary>A status of 500 and above; the argument says which, default 503.</summary>
    ServerError,

    /// <summary>302; the argument is where to.</summary>
    Redirect,

    /// <summary>400 with code 3; the argument is the message.</summary>
    InvalidArgument,

    /// <summary>404 with code 5.</summary>
    NotFound,

    /// <summary>204 without a body.</summary>
    NoContent,

    /// <summary>The answer comes after a pause; the argument is milliseconds.</summary>
    Slow,

    /// <summary>The answer comes byte by byte; the argument is milliseconds between two.</summary>
    Drip,

    /// <summary>The first half, then nothing more; the argument is for how many milliseconds.</summary>
    Stall,

    /// <summary>The connection breaks in the middle of the body.</summary>
    CutOff,

    /// <summary>Half of the JSON, ended as if it were all.</summary>
    Truncated,

    /// <summary>An HTML page, said to be HTML.</summary>
    Html,

    /// <summary>An HTML page, said to be JSON.</summary>
    HtmlAsJson,

    /// <summary>JSON of another content type; the argument says which.</summary>
    ContentType,

    /// <summary>40 MB.</summary>
    Oversized,

    /// <summary>40 MB in a few kilobytes of gzip.</summary>
    GzipBomb,

    /// <summary>Ten thousand lists in each other.</summary>
    Nested,

    /// <summary>Usage: the first figure is replaced by the argument, default <c>NaN</c>.</summary>
    Figure,

    /// <summary>Usage: the first series comes twice.</summary>
    DuplicateSeries,

    /// <summary>Usage: the first point comes twice.</summary>
    DuplicatePoint,

    /// <summary>Usage: buckets start a minute late.</summary>
    MisalignedBucket,

    /// <summary>Usage: the first bucket lies a day ahead.</summary>
    FutureBucket,

    /// <summary>Usage: the last point of every series is left out.</summary>
    Gap,

    /// <summary>Usage: a subset of the groups, said to be one.</summary>
    LimitReached,

    /// <summary>The body is the argument.</summary>
    Body,
}

/// <summary>One fault that was ordered.</summary>
/// <param name="Fault">What.</param>
/// <param name="Call">On which answer.</param>
/// <param name="Times">How often; it is counted down.</param>
/// <param name="Argument">See <see cref="Fault"/>.</param>
/// <param name="Team">Only answers about the team of this id; null: about any.</param>
public sealed record FaultOrder(Fault Fault, XaiCall Call = XaiCall.Any, int Times = 1, string? Argument = null, string? Team = null);

/// <summary>Faults to order, at any time, from any thread.</summary>
public sealed class SimulatedFaults
{
    private readonly Lock gate = new();
    private readonly List<FaultOrder> orders = [];

    /// <summary><c>model</c> is refused as a dimension.</summary>
    public bool ModelRefused { get; set; }

    /// <summary>Quarter-hours are refused.</summary>
    public bool QuarterHourRefused
    {
        get => WidthsRefused.ContainsKey(900);
        set => WidthsRefused = value ? new Dictionary<int, DateTimeOffset> { [900] = DateTimeOffset.MaxValue } : [];
    }

    /// <summary>Widths of buckets that are refused, in seconds, and before when: for stretches that begin earlier.</summary>
    public Dictionary<int, DateTimeOffset> WidthsRefused { get; set; } = [];

    /// <summary>Changes what is answered by finer buckets than hours: width, start of the bucket, key and the true figure make the figure shown; null leaves the line out.</summary>
    public Func<int, DateTimeOffset, string, double, double?>? Finer { get; set; }

    /// <summary>The team never prepaid: its balance answers 404.</summary>
    public bool NeverPrepaid { get; set; }

    /// <summary>Groups that one answer may have before it is a subset.</summary>
    public int GroupsMax { get; set; } = int.MaxValue;

    /// <summary>How far the provider's clock is ahead.</summary>
    public TimeSpan ClockAhead { get; set; }

    /// <summary>The next answers of a call go wrong.</summary>
    public void Order(FaultOrder order)
    {
        lock (gate) orders.Add(order);
    }

    /// <summary>The next answers of a call go wrong.</summary>
    public void Order(Fault fault, XaiCall call = XaiCall.Any, int times = 1, string? argument = null) => Order(new(fault, call, times, argument));

    /// <summary>Everything is well again.</summary>
    public void Clear()
    {
        lock (gate) orders.Clear();
        (ModelRefused, WidthsRefused, Finer, NeverPrepaid, GroupsMax, ClockAhead) = (false, [], null, false, int.MaxValue, TimeSpan.Zero);
    }

    internal bool Refuses(int seconds, Interval range) => WidthsRefused.TryGetValue(seconds, out var before) && range.Start < before;

    internal FaultOrder? Next(XaiCall call, string? team)
    {
        lock (gate)
        {
            var index = orders.FindIndex(order => (order.Call == call || order.Call == XaiCall.Any) && (order.Team is null || order.Team == team));
            if (index < 0) return null;
            var order = orders[index];
            if (order.Times <= 1) orders.RemoveAt(index);
            else orders[index] = order with { Times = order.Times - 1 };
            return order;
        }
    }
}

/// <summary>A management key of a simulated team.</summary>
public sealed class ManagementKey
{
    internal ManagementKey(string text, SimulatedTeam team, string name, params IEnumerable<string> acls)
    {
        (Text, Team, Name, Acls) = (text, team, name, [.. acls]);
    }

    /// <summary>The key itself.</summary>
    public string Text { get; }

    /// <summary>Its team.</summary>
    public SimulatedTeam Team { get; }

    /// <summary>Its name in the console.</summary>
    public string Name { get; }

    /// <summary>Its rights; may be replaced at any time.</summary>
    public IReadOnlyList<string> Acls { get; set; }

    /// <summary>Whether it was revoked.</summary>
    public bool Revoked { get; set; }

    /// <summary>The validation spells a field as the provider's own documentation does: <c>reactedApiKey</c>.</summary>
    public bool Misspelt { get; set; }

    /// <summary>A key of an organization names no team.</summary>
    public bool OfOrganization { get; set; }
}
