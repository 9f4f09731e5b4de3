using System.Globalization;
using System.Reflection;
using System.Text;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Ledger.Accounts;
using Ledger.Agents;
using Ledger.Budgets;
using Ledger.Digests;
using Ledger.Guard;
using Ledger.Keys;
using Ledger.Missions;
using Ledger.Alerts;
using Ledger.Forecasts;
using Ledger.Money;
using Ledger.Tests.Events;

namespace Ledger.Tests.House;

/// <summary>docs/reference/events.md, written from the event types, their XML docs and the samples.</summary>
internal static partial class EventsPage
{
    private static readonly Dictionary<string, XElement> docs = XDocument.Load(Path.Combine(AppContext.BaseDirectory, "Ledger.xml"))
        .Descendants("member").ToDictionary(m => m.Attribute("name")!.Value);

    /// <summary>Every event of a stream and what the stream is.</summary>
    private static readonly (string Title, string Stream, Type[] Events)[] streams =
    [
        ("Accounts", "account-{account}", [typeof(AccountConnected), typeof(AccountEdited), typeof(CredentialStored), typeof(AccountRemoved), typeof(UsageSnapshotTaken), typeof(BalanceObserved), typeof(PollFailed), typeof(PollRecovered)]),
        ("Keys", "key-{account}-{key}", [typeof(KeySeen), typeof(KeyAssigned)]),
        ("Agents", "agent-{agent}", [typeof(AgentAdded), typeof(AgentEdited)]),
        ("Missions", "mission-{mission}", [typeof(MissionStarted), typeof(MissionEnded), typeof(MissionReopened), typeof(MissionWindowCorrected), typeof(MissionEdited), typeof(MissionCancelled)]),
        ("Budgets", "budget-{budget}", [typeof(BudgetSet), typeof(BudgetRaised), typeof(BudgetClosed)]),
        ("Alerts", "alert-{alert}",
            [typeof(BudgetThresholdCrossed), typeof(BudgetRecovered), typeof(RunwayShort), typeof(RunwayRecovered), typeof(SpendAnomalous), typeof(SourceStale), typeof(SourceRecovered), typeof(MissionLeftOpen),
             typeof(KeyShared), typeof(LargeRestatement), typeof(HistoryImported), typeof(AlertAcknowledged)]),
        ("Holds", "holds", [typeof(HoldTaken), typeof(HoldReleased)]),
        ("Digests", "digest-{team}-{week}", [typeof(DigestComposed)]),
    ];

    public static string Write()
    {
        Assert.Equal(EventNames.All.Count, streams.Sum(s => s.Events.Length));
        var page = new StringBuilder("""
            # Events

            Written from the code and its comments; a test fails when this page drifts.

            Everything the books know is in these events; every figure can be computed again from them. Stored names are a
            contract: never renamed, never reused, a new shape gets a new version, and every shape ever written goes on being read.
            Money is a decimal string in dollars, exact to 1e-10; times are RFC 3339 UTC to the microsecond; unknown is `null`, never 0.
            A field marked *optional* is left out when it holds nothing. No event holds a secret.


            """);
        var written = new HashSet<Type>();
        foreach (var (title, stream, events) in streams)
        {
            page.Append(CultureInfo.InvariantCulture, $"## {title}: stream `{stream}`\n\n");
            foreach (var type in events)
                Event(page, type, written);
        }
        return page.ToString().TrimEnd() + "\n";
    }

    private static void Event(StringBuilder page, Type type, HashSet<Type> written)
    {
        var name = EventNames.All[type];
        page.Append(CultureInfo.InvariantCulture, $"### {name}\n\n{Text(docs.GetValueOrDefault($"T:{type.FullName}")?.Element("summary"))}\n\n");
        var parts = Table(page, type);
        for (var i = 0; i < parts.Count; i++)
        {
            if (!written.Add(parts[i])) continue;
            page.Append(CultureInfo.InvariantCulture, $"**{Noun(parts[i])}**: {Text(docs.GetValueOrDefault($"T:{parts[i].FullName}")?.Element("summary"))}\n\n");
            foreach (var more in Table(page, parts[i]))
                if (!parts.Contains(more)) parts.Add(more);
        }
        page.Append(CultureInfo.InvariantCulture, $"```json\n{EventContractTests.Pretty(Samples.FullOf(name))}```\n\n");
    }

    /// <summary>The fields of a type; answers the types of ours that they hold.</summary>
    private static List<Type> Table(StringBuilder page, Type type)
    {
        var parts = new List<Type>();
        var nullability = new NullabilityInfoContext();
        page.Append("| field | type | what it is |\n|---|---|---|\n");
        foreach (var property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance))
        {
            var ignore = property.GetCustomAttribute<JsonIgnoreAttribute>();
            if (ignore is { Condition: JsonIgnoreCondition.Always }) continue;
            var meaning = Text(docs.GetValueOrDefault($"P:{type.FullName}.{property.Name}")?.Element("summary")
                ?? docs.GetValueOrDefault($"T:{type.FullName}")?.Elements("param").FirstOrDefault(p => p.Attribute("name")!.Value == property.Name));
            Assert.False(string.IsNullOrWhiteSpace(meaning), $"{type.Name}.{property.Name} has no description.");
            var how = ignore is not null ? ", optional" : nullability.Create(property).ReadState == NullabilityState.Nullable ? " or null" : "";
            page.Append(CultureInfo.InvariantCulture, $"| `{Camel(property.Name)}` | {Kind(property.PropertyType, parts)}{how} | {meaning} |\n");
        }
        page.Append('\n');
        return parts;
    }

    private static string Kind(Type type, List<Type> parts)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (type == typeof(Usd)) return "money";
        if (type == typeof(string)) return "text";
        if (type == typeof(DateTimeOffset)) return "time";
        if (type == typeof(int) || type == typeof(long)) return "integer";
        if (type == typeof(bool)) return "true";
        if (type.IsEnum) return string.Join(" / ", Enum.GetNames(type).Select(n => $"`{Camel(n)}`"));
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>)) return $"list of {Kind(type.GetGenericArguments()[0], parts)}";
        if (!parts.Contains(type)) parts.Add(type);
        return Noun(type);
    }

    private static string Noun(Type type) => WordStart.Replace(type.Name, m => (m.Index == 0 ? "" : " ") + m.Value.ToLowerInvariant());

    private static string Camel(string name) => char.ToLowerInvariant(name[0]) + name[1..];

    private static string Text(XElement? element)
    {
        if (element is null) return "";
        var text = new StringBuilder();
        foreach (var node in element.Nodes())
            text.Append(node switch
            {
                XElement { Name.LocalName: "c" } c => $"`{c.Value}`",
                XElement { Name.LocalName: "see" } see => $"`{Camel(see.Attribute("cref")!.Value.Split('.')[^1])}`",
                XElement { Name.LocalName: "paramref" } reference => $"`{Camel(reference.Attribute("name")!.Value)}`",
                _ => node.ToString(),
            });
        return Blanks.Replace(text.ToString().Replace("&lt;", "<", StringComparison.Ordinal).Replace("&gt;", ">", StringComparison.Ordinal).Replace("&amp;", "&", StringComparison.Ordinal), " ").Trim();
    }

    [GeneratedRegex("[A-Z]")]
    private static partial Regex WordStart { get; }

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blanks { get; }
}
