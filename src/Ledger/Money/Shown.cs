using System.Globalization;

namespace Ledger.Money;

/// <summary>
/// An amount of a table or a sentence as people read it, rounded together with its neighbours: what is shown adds up to the total that is shown.
/// JSON and CSV carry the amount itself.
/// </summary>
/// <param name="Amount">What it is.</param>
/// <param name="Rounded">What is shown of it: whole cents, or all of it where everything around it is below a cent.</param>
public readonly record struct Shown(Usd Amount, Usd Rounded)
{
    private const long ticksPerCent = Usd.TicksPerDollar / 100;

    /// <summary>An amount by itself, such as a total: to the nearest cent, half away from zero.</summary>
    public static Shown Of(Usd amount)
    {
        var cents = (long)((Int128.Abs(amount.Ticks) + (ticksPerCent / 2)) / ticksPerCent);
        return new(amount, Usd.FromCents(amount.Ticks < 0 ? -cents : cents));
    }

    /// <summary>
    /// The parts of a total: each is at most a cent away from what it is, and together they are the total shown (largest remainder, ties to the
    /// lower index). Parts that don't add up to the total are rounded each by itself.
    /// </summary>
    public static Shown[] Parts(Shown total, params ReadOnlySpan<Usd> parts)
    {
        var shown = new Shown[parts.Length];
        if (total.Rounded.Ticks % ticksPerCent != 0)
        {
            for (var i = 0; i < parts.Length; i++) shown[i] = new(parts[i], parts[i]);
            return shown;
        }
        var rests = new (long Left, int Index)[parts.Length];
        var (missing, sum) = ((Int128)total.Rounded.Ticks, (Int128)0);
        for (var i = 0; i < parts.Length; i++)
        {
            // Down, not towards zero, so that a cent is only ever added.
            var rest = ((parts[i].Ticks % ticksPerCent) + ticksPerCent) % ticksPerCent;
            (shown[i], rests[i]) = (new(parts[i], parts[i] - new Usd(rest)), (rest, i));
            missing -= shown[i].Rounded.Ticks;
            sum += parts[i].Ticks;
        }
        var cents = (long)(missing / ticksPerCent);
        if (sum != total.Amount.Ticks || cents < 0 || cents > rests.Count(r => r.Left > 0))
        {
            for (var i = 0; i < parts.Length; i++) shown[i] = Of(parts[i]);
            return shown;
        }
        Array.Sort(rests, static (a, b) => b.Left.CompareTo(a.Left) is var byRest and not 0 ? byRest : a.Index.CompareTo(b.Index));
        for (var i = 0; i < cents; i++) shown[rests[i].Index] = shown[rests[i].Index] with { Rounded = shown[rests[i].Index].Rounded + new Usd(ticksPerCent) };
        return shown;
    }

    /// <summary>
    /// What missions, agents without a mission and keys that nobody owns make of a total. What belongs to agents is split off first, so that a table
    /// by agent and one by mission can show the same figures.
    /// </summary>
    public static (Shown Missions, Shown Idle, Shown Unassigned) Leftovers(Shown total, Usd idle, Usd unassigned)
    {
        var (agents, nobody) = Two(total, total.Amount - unassigned, unassigned);
        var (missions, between) = Two(agents, agents.Amount - idle, idle);
        return (missions, between, nobody);

        static (Shown, Shown) Two(Shown total, Usd one, Usd other) => Parts(total, one, other) is [var a, var b] ? (a, b) : default;
    }

    /// <summary>A total that is less than a cent with all its digits, and its parts then likewise: in cents they would say nothing.</summary>
    public static Shown Fine(Usd total) => Int128.Abs(total.Ticks) < ticksPerCent ? new(total, total) : Of(total);

    /// <summary>Two that are shown together, as one.</summary>
    public static Shown operator +(Shown a, Shown b) => new(a.Amount + b.Amount, a.Rounded + b.Rounded);

    /// <summary>
    /// A sum with its signs between the terms: <c>$0.66 moved − $0.38 restated</c>.
    /// </summary>
    /// <param name="terms">Each with the words around it; <c>{0}</c> is the amount.</param>
    public static string Sum(params ReadOnlySpan<(Shown Amount, string Words)> terms)
    {
        var sum = "";
        foreach (var (amount, words) in terms)
        {
            var isLess = amount.Amount.Ticks < 0;
            var magnitude = isLess ? new Shown(-amount.Amount, -amount.Rounded) : amount;
            sum += (sum, isLess) switch { ("", true) => "−", ("", false) => "", (_, true) => " − ", _ => " + " };
            sum += words.Replace("{0}", magnitude.ToString(), StringComparison.Ordinal);
        }
        return sum;
    }

    /// <summary><c>$1,234.50</c>, <c>-$3.00</c>; <c>&lt;$0.01</c> for what is not nothing and got no cent.</summary>
    public override string ToString()
    {
        var sign = Amount.Ticks < 0 || Rounded.Ticks < 0 ? "-" : "";
        if (Rounded == Usd.Zero) return Amount == Usd.Zero ? "$0.00" : $"{sign}<$0.01";
        var magnitude = Int128.Abs(Rounded.Ticks);
        if (magnitude % ticksPerCent != 0) return $"{sign}${Rounded.ToString().TrimStart('-')}";
        var cents = (long)(magnitude / ticksPerCent);
        return string.Create(CultureInfo.InvariantCulture, $"{sign}${cents / 100:#,0}.{cents % 100:D2}");
    }
}
