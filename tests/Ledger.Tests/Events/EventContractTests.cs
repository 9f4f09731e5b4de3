using System.Collections;
using System.Reflection;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using Ledger.Money;
using Ledger.Tests.House;

namespace Ledger.Tests.Events;

/// <summary>
/// What is on disk is a contract. A file in golden/events is never deleted: when a shape grows a field, copy the old file to
/// <c>name.v1.before-the-field.json</c> first; every file there must go on being read.
/// </summary>
public sealed partial class EventContractTests
{
    private const string Folder = "tests/Ledger.Tests/golden/events";
    private static readonly JsonSerializerOptions pretty = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    [GeneratedRegex(@"^[a-z]+(-[a-z]+)*\.v[1-9][0-9]*$")]
    private static partial Regex StoredName { get; }

    [GeneratedRegex("secret|password|passphrase|token|bearer|plain|cipher|private|apikey|authorization", RegexOptions.IgnoreCase)]
    private static partial Regex SecretLooking { get; }

    [Fact]
    public void every_event_type_has_a_stored_name_of_its_own()
    {
        var types = typeof(ILedgerEvent).Assembly.GetTypes().Where(t => t.IsAssignableTo(typeof(ILedgerEvent)) && !t.IsAbstract);
        Assert.Equal(types.Order(ByName), StoredNames.All.Keys.Order(ByName));
        Assert.Equal(StoredNames.All.Count, StoredNames.All.Values.Distinct(StringComparer.OrdinalIgnoreCase).Count());
        Assert.All(StoredNames.All.Values, name => Assert.Matches(StoredName, name));
    }

    [Theory]
    [MemberData(nameof(Samples.Names), MemberType = typeof(Samples))]
    public void an_event_is_equal_after_a_round_trip(string name)
    {
        foreach (var happened in new[] { Samples.FullOf(name), Samples.SparseOf(name) })
        {
            var back = RoundTrip(happened);
            Assert.IsType(happened.GetType(), back);
            Same(happened, back, name);
        }
    }

    [Theory]
    [MemberData(nameof(Samples.Names), MemberType = typeof(Samples))]
    public void the_samples_leave_nothing_out(string name)
    {
        // Otherwise a field that is lost on its way through JSON would be lost from these tests too.
        Walk(Samples.FullOf(name), name, (path, value, type) =>
            Assert.False(value is null || (type.IsValueType && value.Equals(Activator.CreateInstance(type))) || value is ICollection { Count: 0 }, $"{path} is not filled in."));
        Nullables(Samples.SparseOf(name), name);
    }

    [Theory]
    [MemberData(nameof(Samples.Names), MemberType = typeof(Samples))]
    public void an_event_is_written_as_it_was_always_written(string name)
    {
        Golden.Matches(Pretty(Samples.FullOf(name)), $"{Folder}/{name}.json");
        Golden.Matches(Pretty(Samples.SparseOf(name)), $"{Folder}/{name}.sparse.json");
    }

    [Fact]
    public void every_shape_ever_written_is_still_read()
    {
        var files = Directory.GetFiles(Repository.PathOf(Folder), "*.json");
        Assert.NotEmpty(files);
        foreach (var file in files)
        {
            var match = Regex.Match(Path.GetFileName(file), @"^(?<name>[a-z-]+\.v[0-9]+)(\.[a-z0-9-]+)?\.json$");
            Assert.True(match.Success, $"{file}: a golden file is called name.vN.json or name.vN.what.json.");
            Assert.NotNull(Read(match.Groups["name"].Value, File.ReadAllBytes(file)));
        }
        Assert.All(StoredNames.All.Values, name => Assert.Contains(files, f => Path.GetFileName(f) == name + ".json"));
    }

    [Theory]
    [MemberData(nameof(Samples.Names), MemberType = typeof(Samples))]
    public void an_event_holds_neither_type_names_nor_numbers_that_lose_anything(string name)
    {
        foreach (var happened in new[] { Samples.FullOf(name), Samples.SparseOf(name) })
        {
            var data = Written(happened);
            using var json = JsonDocument.Parse(data);
            Elements(json.RootElement, element =>
            {
                if (element.ValueKind == JsonValueKind.Number) Assert.True(element.TryGetInt64(out _), $"{name}: {element.GetRawText()} is no whole number.");
                if (element.ValueKind == JsonValueKind.Object)
                    Assert.All(element.EnumerateObject(), p => Assert.Matches("^[a-z][a-zA-Z0-9]*$", p.Name));
            });
            var text = json.RootElement.GetRawText();
            Assert.DoesNotContain("$type", text, StringComparison.Ordinal);
            Assert.DoesNotContain("Ledger.", text, StringComparison.Ordinal);
            Assert.DoesNotContain("System.", text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void event_types_hold_money_as_usd_and_nothing_that_rounds()
    {
        Type[] refused = [typeof(double), typeof(float), typeof(Half), typeof(decimal), typeof(DateTime), typeof(TimeSpan), typeof(object), typeof(Guid)];
        foreach (var (owner, property) in PropertiesOfEvents())
        {
            var type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
            Assert.False(refused.Contains(type), $"{owner.Name}.{property.Name} is a {type.Name}.");
            if (type == typeof(Usd)) continue;
            Assert.False(Regex.IsMatch(property.Name, "Usd|Dollar|Cents|Amount|Price$") && type != typeof(string), $"{owner.Name}.{property.Name} sounds like money but is a {type.Name}.");
        }
    }

    [Fact]
    public void no_event_has_a_place_for_a_secret()
    {
        foreach (var (owner, property) in PropertiesOfEvents())
        {
            Assert.False(SecretLooking.IsMatch(property.Name), $"{owner.Name}.{property.Name}: secrets never enter the log, it can't forget.");
            Assert.NotEqual(typeof(byte[]), property.PropertyType);
        }
    }

    [Fact]
    public void money_as_a_number_is_not_read() =>
        Assert.Throws<JsonException>(() => Read("usage-snapshot-taken.v1", Altered("usage-snapshot-taken.v1", "\"total\":\"0.123456789\"", "\"total\":0.123456789")));

    [Fact]
    public void a_word_the_program_does_not_know_is_not_guessed() =>
        Assert.Throws<JsonException>(() => Read("agent-added.v1", Altered("agent-added.v1", "\"idle\":\"yields\"", "\"idle\":1")));

    [Fact]
    public void a_snapshot_without_its_lines_is_not_read() =>
        Assert.Throws<JsonException>(() => Read("usage-snapshot-taken.v1", """{"account":"xai-2f7kq0m1"}"""u8.ToArray()));

    [Fact]
    public void the_same_cause_and_role_make_the_same_id_and_nothing_else_does()
    {
        var id = Ids.DerivedFrom("cause", "role");
        Assert.Equal(id, Ids.DerivedFrom("cause", "role"));
        Assert.NotEqual(id, Ids.DerivedFrom("cause", "role2"));
        Assert.NotEqual(id, Ids.DerivedFrom("cause2", "role"));
        // As it is written in logs that exist: the derivation is a contract too.
        Assert.Equal("e4efe9e3-5e97-8488-a371-dbed98aab122", id.ToString());
        Assert.Equal("xai-xbdbdjs9", Ids.Short("xai", "team_7c1e"));
    }

    internal static string Pretty(ILedgerEvent happened)
    {
        using var json = JsonDocument.Parse(Written(happened));
        return JsonSerializer.Serialize(json.RootElement, pretty) + "\n";
    }

    private static Comparer<Type> ByName { get; } = Comparer<Type>.Create((a, b) => string.CompareOrdinal(a.FullName, b.FullName));

    private static byte[] Written(ILedgerEvent happened) => JsonSerializer.SerializeToUtf8Bytes(happened, happened.GetType(), LedgerJson.Options);

    private static ILedgerEvent Read(string name, byte[] data) => (ILedgerEvent)JsonSerializer.Deserialize(data, StoredNames.All.Single(n => n.Value == name).Key, LedgerJson.Options)!;

    private static ILedgerEvent RoundTrip(ILedgerEvent happened) => Read(StoredNames.All[happened.GetType()], Written(happened));

    private static byte[] Altered(string name, string what, string by)
    {
        var text = System.Text.Encoding.UTF8.GetString(Written(Samples.FullOf(name)));
        Assert.Contains(what, text, StringComparison.Ordinal);
        return System.Text.Encoding.UTF8.GetBytes(text.Replace(what, by, StringComparison.Ordinal));
    }

    /// <summary>Members that are written; what is derived is not.</summary>
    private static IEnumerable<PropertyInfo> Members(Type type) => type
        .GetProperties(BindingFlags.Public | BindingFlags.Instance)
        .Where(p => p.GetIndexParameters().Length == 0 && p.GetCustomAttribute<JsonIgnoreAttribute>() is not { Condition: JsonIgnoreCondition.Always });

    private static bool Ours(Type type) => type.Namespace?.StartsWith("Ledger", StringComparison.Ordinal) == true && !type.IsEnum && !type.IsArray && type != typeof(Usd);

    private static void Same(object? expected, object? actual, string path)
    {
        switch (expected)
        {
            case not null and not string when Ours(expected.GetType()):
                Assert.NotNull(actual);
                foreach (var property in Members(expected.GetType()))
                    Same(property.GetValue(expected), property.GetValue(actual), $"{path}.{property.Name}");
                break;
            case IEnumerable list and not string:
                var (a, b) = (list.Cast<object?>().ToArray(), ((IEnumerable)actual!).Cast<object?>().ToArray());
                Assert.Equal(a.Length, b.Length);
                for (var i = 0; i < a.Length; i++) Same(a[i], b[i], $"{path}[{i}]");
                break;
            default:
                Assert.True(Equals(expected, actual), $"{path}: {expected} came back as {actual}.");
                break;
        }
    }

    private static void Walk(object value, string path, Action<string, object?, Type> visit)
    {
        foreach (var property in Members(value.GetType()))
        {
            var (at, held) = ($"{path}.{property.Name}", property.GetValue(value));
            visit(at, held, property.PropertyType);
            if (held is IEnumerable list and not string)
                foreach (var item in list.Cast<object>().Where(i => Ours(i.GetType())))
                    Walk(item, at, visit);
            else if (held is not null && Ours(held.GetType()))
                Walk(held, at, visit);
        }
    }

    private static void Nullables(object value, string path)
    {
        var context = new NullabilityInfoContext();
        foreach (var property in Members(value.GetType()))
        {
            var held = property.GetValue(value);
            if (context.Create(property).ReadState == NullabilityState.Nullable)
                Assert.True(held is null, $"{path}.{property.Name} may be null and should be here.");
            else if (held is IEnumerable list and not string)
                foreach (var item in list.Cast<object>().Where(i => Ours(i.GetType())))
                    Nullables(item, $"{path}.{property.Name}");
        }
    }

    private static HashSet<(Type Owner, PropertyInfo Property)> PropertiesOfEvents()
    {
        var found = new HashSet<(Type, PropertyInfo)>();
        var seen = new HashSet<Type>();
        void Visit(Type type)
        {
            type = Nullable.GetUnderlyingType(type) ?? type;
            if (type.IsGenericType)
                foreach (var argument in type.GetGenericArguments()) Visit(argument);
            if (!Ours(type) || !seen.Add(type)) return;
            foreach (var property in Members(type))
            {
                found.Add((type, property));
                Visit(property.PropertyType);
            }
        }
        foreach (var type in StoredNames.All.Keys) Visit(type);
        return found;
    }

    private static void Elements(JsonElement element, Action<JsonElement> visit)
    {
        visit(element);
        if (element.ValueKind == JsonValueKind.Object)
            foreach (var property in element.EnumerateObject()) Elements(property.Value, visit);
        if (element.ValueKind == JsonValueKind.Array)
            foreach (var item in element.EnumerateArray()) Elements(item, visit);
    }
}
