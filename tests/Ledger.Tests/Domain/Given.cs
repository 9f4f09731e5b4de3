using System.Globalization;
using Ledger.Missions;

namespace Ledger.Tests.Domain;

/// <summary>Given what happened, when one thing is asked, then this follows.</summary>
internal static class Given
{
    public static DateTimeOffset Now { get; } = new(2026, 11, 16, 12, 0, 0, TimeSpan.Zero);

    /// <summary>An instant of the day of <see cref="Now"/>, or of another: <c>10:15</c>, <c>1.10:15</c>.</summary>
    public static DateTimeOffset At(string time) => new DateTimeOffset(Now.UtcDateTime.Date, TimeSpan.Zero) + TimeSpan.Parse(time, CultureInfo.InvariantCulture);

    public static Mission Mission(params ILedgerEvent[] happened) => happened.Aggregate((Mission?)null, Missions.Mission.Fold)!;

    /// <summary>The event that follows.</summary>
    public static T Then<T>(this ILedgerEvent? happened)
        where T : ILedgerEvent => Assert.IsType<T>(happened);

    /// <summary>The only event that follows.</summary>
    public static T Then<T>(this IReadOnlyList<ILedgerEvent> happened)
        where T : ILedgerEvent => Assert.IsType<T>(Assert.Single(happened));

    public static void ThenNothing(this ILedgerEvent? happened) => Assert.Null(happened);

    public static void ThenNothing(this IReadOnlyList<ILedgerEvent> happened) => Assert.Empty(happened);

    /// <summary>Refused with a documented code, and with what is wrong.</summary>
    public static Refusal ThenRefused(Func<object?> asked, string code, string? field = null, string? value = null)
    {
        var why = Assert.Throws<Refused>(asked).Why;
        Assert.Equal(code, why.Code);
        Assert.True(Refusals.All.ContainsKey(why.Code));
        Assert.NotEmpty(why.Detail);
        if (field is not null) Assert.Equal(field, why.Field);
        if (value is not null) Assert.Equal(value, why.Value);
        return why;
    }
}
