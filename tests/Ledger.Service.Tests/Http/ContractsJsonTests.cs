using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Ledger.Contracts;
using Ledger.Service.Tests.Support;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Ledger.Service.Tests.Http;

/// <summary>All that goes over HTTP is in one generated context, and no reflection stands behind it.</summary>
public sealed class ContractsJsonTests(TestDatabases databases)
{
    private static readonly Type[] contracts =
        [.. typeof(ContractsJson).Assembly.GetExportedTypes().Where(t => !t.IsAssignableTo(typeof(JsonConverter)) && !t.IsAssignableTo(typeof(JsonSerializerContext)))];

    [Fact]
    public void every_type_of_the_contracts_is_in_the_context() => Assert.DoesNotContain(contracts, t => ContractsJson.Default.GetTypeInfo(t) is null);

    [Fact]
    public async Task every_type_that_an_endpoint_takes_or_answers_is_in_the_context()
    {
        await using var host = await LedgerHost.Start(databases);
        var json = host.Services.GetRequiredService<IOptions<JsonOptions>>().Value.SerializerOptions;
        Assert.DoesNotContain(json.TypeInfoResolverChain, r => r is DefaultJsonTypeInfoResolver);
        var (taken, answered) = (new HashSet<Type>(), new HashSet<Type>());
        foreach (var endpoint in host.Services.GetRequiredService<EndpointDataSource>().Endpoints)
        {
            taken.UnionWith(endpoint.Metadata.GetOrderedMetadata<IAcceptsMetadata>().Select(m => m.RequestType).OfType<Type>());
            answered.UnionWith(endpoint.Metadata.GetOrderedMetadata<IProducesResponseTypeMetadata>().Select(m => m.Type).OfType<Type>());
        }
        Assert.Contains(typeof(StartMission), taken);
        Assert.Contains(typeof(BookmarkAnswer), answered);
        // The framework brings a context of its own for its problems; a result writes itself, and says by an attribute what.
        Assert.DoesNotContain(taken.Concat(answered).Where(t => t != typeof(void) && !t.IsAssignableTo(typeof(IResult))), t => !json.TryGetTypeInfo(t, out _));
    }

    /// <summary>Names, order, converters and what is left out: what is generated is what events and aggregates get by reflection.</summary>
    [Fact]
    public void generated_and_reflected_json_are_the_same()
    {
        var (waiting, seen) = (new Queue<Type>(contracts), new HashSet<Type>());
        while (waiting.TryDequeue(out var type))
        {
            if (!seen.Add(type)) continue;
            var (generated, reflected) = (ContractsJson.Default.GetTypeInfo(type), LedgerJson.Options.GetTypeInfo(type));
            Assert.NotNull(generated);
            Assert.Equal(Describe(reflected), Describe(generated));
            if (type.IsEnum) Assert.All(type.GetEnumValues().Cast<object>(), word => Assert.Equal(JsonSerializer.Serialize(word, reflected), JsonSerializer.Serialize(word, generated)));
            foreach (var member in generated.Properties.Select(p => p.PropertyType).Append(generated.ElementType ?? type)) waiting.Enqueue(member);
        }
    }

    private static string Describe(JsonTypeInfo info) =>
        string.Join('\n', info.Properties.Where(p => p.Get is not null).Select(p => $"{p.Name} {p.PropertyType} {p.CustomConverter} {p.ShouldSerialize is null} {p.IsRequired}").Prepend($"{info.Type} {info.Kind} {(info.Kind == JsonTypeInfoKind.None ? info.Converter : null)}"));
}
