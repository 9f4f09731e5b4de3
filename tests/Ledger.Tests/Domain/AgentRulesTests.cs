using Ledger.Agents;
using static Ledger.Tests.Domain.Given;

namespace Ledger.Tests.Domain;

public sealed class AgentRulesTests
{
    private static readonly Agent ba = new("ba", "Ba", IdleRule.Shares);

    [Theory]
    [InlineData("ba", "ba")]
    [InlineData("  Ba ", "ba")]
    [InlineData("Token Monitor", "token-monitor")]
    [InlineData("Token   Monitor", "token-monitor")]
    [InlineData("xai-vigilio", "xai-vigilio")]
    [InlineData("ZO\u00CB", "zo\u00EB")]
    public void an_agents_id_is_its_name_as_people_type_it(string name, string id) => Assert.Equal(id, Agent.IdOf(name));

    [Fact]
    public void an_agent_is_added_under_its_id()
    {
        var e = Agent.Add(null, " Token Monitor ", IdleRule.Yields, Now, "olga").Then<AgentAdded>();
        Assert.Equal(("token-monitor", "Token Monitor", IdleRule.Yields), (e.Agent, e.Name, e.Idle));
    }

    [Theory]
    [InlineData("ba,hannibal")]
    [InlineData("ba=2")]
    [InlineData("a/b")]
    [InlineData("a\\b")]
    [InlineData("it's")]
    [InlineData("say \"x\"")]
    [InlineData("`ba`")]
    [InlineData("(idle)")]
    [InlineData("(UNASSIGNED)")]
    [InlineData("")]
    [InlineData("\t")]
    [InlineData("b\0a")]
    [InlineData("b\u202Ea")]
    public void a_name_that_would_mean_something_else_on_a_command_line_or_in_a_report_is_refused(string name) =>
        ThenRefused(() => Agent.Add(null, name, IdleRule.Shares, Now, null), "text.invalid", "name");

    [Fact]
    public void an_agent_that_is_there_is_not_added_again() =>
        Assert.Contains("agent edit ba", ThenRefused(() => Agent.Add(ba, "Ba", IdleRule.Shares, Now, null), "agent.exists", "name").Detail, StringComparison.Ordinal);

    [Fact]
    public void an_edit_says_only_what_it_changes()
    {
        var e = ba.Edit(null, IdleRule.Yields, Now, null).Then<AgentEdited>();
        Assert.Null(e.Name);
        Assert.Equal(IdleRule.Yields, e.Idle);
    }

    [Fact]
    public void an_edit_that_changes_nothing_is_not_written()
    {
        ba.Edit("Ba", IdleRule.Shares, Now, null).ThenNothing();
        ba.Edit(null, null, Now, null).ThenNothing();
    }

    [Fact]
    public void a_bad_new_name_is_refused() => ThenRefused(() => ba.Edit("(idle)", null, Now, null), "text.invalid", "name");
}
