using System.Text;

namespace Ledger;

/// <summary>Ids that mail programs thread and filter by. The same notification has the same id, however often it is sent.</summary>
public static class MailIds
{
    /// <summary>A mail's Message-ID, without angle brackets.</summary>
    public static string Message(string notification, string team) => $"{notification}.{Label(team)}@ledger.invalid";

    /// <summary>A List-Id, without angle brackets: <c>alerts.trentuna.ledger.invalid</c>.</summary>
    /// <param name="what"><c>alerts</c>, <c>digests</c>.</param>
    /// <param name="team">Whose.</param>
    public static string List(string what, string team) => $"{what}.{Label(team)}.ledger.invalid";

    /// <summary>A team's name as a host's label; one that is not fit for that gets a derived one.</summary>
    private static string Label(string team)
    {
        var label = new StringBuilder();
        foreach (var c in team.Trim())
        {
            if (char.IsAsciiLetterOrDigit(c)) label.Append(char.ToLowerInvariant(c));
            else if (c is ' ' or '-' or '_' or '.' && label.Length > 0 && label[^1] != '-') label.Append('-');
            else if (!char.IsAscii(c)) return Ids.Short("t", team);
        }
        var text = label.ToString().Trim('-');
        return text.Length is >= 1 and <= 40 ? text : Ids.Short("t", team);
    }
}
