using ArchUnitNET.Domain;
using ArchUnitNET.Loader;
using ArchUnitNET.xUnitV3;
using Ledger.Money;
using static ArchUnitNET.Fluent.ArchRuleDefinition;

namespace Ledger.Service.Tests.House;

/// <summary>The two rules about who may know whom that matter; everything else is free to change.</summary>
public sealed class WhoKnowsWhom
{
    private static readonly Architecture architecture = new ArchLoader().LoadAssemblies(typeof(Usd).Assembly, typeof(LedgerService).Assembly).Build();

    [Fact]
    public void the_domain_knows_nobody_but_a_calendar()
    {
        var known = typeof(Usd).Assembly.GetReferencedAssemblies().Select(a => a.Name!).Where(n => !n.StartsWith("System", StringComparison.Ordinal));
        Assert.Equal(["NodaTime"], known);
    }

    [Fact]
    public void the_provider_knows_only_the_domain() =>
        Types().That().ResideInNamespaceMatching(@"^Ledger\.Service\.Xai")
            .Should().NotDependOnAny(Types().That().ResideInNamespaceMatching(@"^Ledger\.Service(?!\.Xai)"))
            .Because("another provider is another folder, and neither may learn how the service is made")
            .Check(architecture);
}
