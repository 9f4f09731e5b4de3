using System.Reflection;
using Wolverine.Attributes;
using Wolverine.Util;

namespace Ledger.Service.Tests.House;

/// <summary>Messages wait in the database over an update under their names: a name that is another one is a message that nobody handles.</summary>
public sealed class MessageNames
{
    [Fact]
    public void messages_are_stored_under_the_names_they_always_had()
    {
        var handled = typeof(LedgerService).Assembly.GetTypes().Where(t => t.Name.EndsWith("Handler", StringComparison.Ordinal))
            .SelectMany(t => t.GetMethods(BindingFlags.Public | BindingFlags.Static)).Where(m => m.Name == "Handle").Select(m => m.GetParameters()[0].ParameterType).Distinct().ToArray();
        Assert.All(handled, m => Assert.True(m.IsDefined(typeof(MessageIdentityAttribute), inherit: false), $"{m.Name} has no name of its own."));
        Assert.Equal(
            [
                "check-books.v1", "connect-from-environment.v1", "digest-due.v1", "minute-passed.v1", "poll-account.v1", "poll-sweep.v1", "refine-edges.v1", "run-program.v1", "send-mail.v1", "send-slack.v1",
                "send-webhook.v1", "tell-recovery.v1", "watch-clock.v1", "watch-spend.v1",
            ],
            handled.Select(m => m.ToMessageTypeName()).Order(StringComparer.Ordinal));
    }
}
