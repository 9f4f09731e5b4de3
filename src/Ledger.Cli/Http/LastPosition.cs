using System.Globalization;

namespace Ledger.Cli.Http;

/// <summary>The last position this user wrote, by service: reads ask for at least that, so that one sees one's own writes.</summary>
internal sealed class LastPosition(Settings settings)
{
    private const int ServicesMax = 50;

    private string FilePath => Path.Combine(settings.Home, "last-position");

    public long? Read()
    {
        foreach (var (url, position) in Lines())
            if (url == settings.UrlText) return position;
        return null;
    }

    public void Raise(long position)
    {
        if (Read() is { } known && known >= position) return;
        Set(position);
    }

    public void Set(long position)
    {
        var lines = Lines();
        lines.RemoveAll(line => line.Url == settings.UrlText);
        lines.Insert(0, (settings.UrlText, position));
        if (lines.Count > ServicesMax) lines.RemoveRange(ServicesMax, lines.Count - ServicesMax);
        var text = new System.Text.StringBuilder();
        foreach (var (url, at) in lines)
            text.Append(CultureInfo.InvariantCulture, $"{at} {url}\n");
        // A convenience, so a folder that can't be written costs the reader at most a stale answer.
        try
        {
            Directory.CreateDirectory(settings.Home);
            var temporary = $"{FilePath}.{Environment.ProcessId}.tmp";
            File.WriteAllText(temporary, text.ToString());
            File.Move(temporary, FilePath, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
        }
    }

    private List<(string Url, long Position)> Lines()
    {
        var lines = new List<(string, long)>();
        try
        {
            if (!File.Exists(FilePath)) return lines;
            foreach (var line in File.ReadAllLines(FilePath))
            {
                var space = line.IndexOf(' ');
                if (space > 0 && long.TryParse(line.AsSpan(0, space), NumberStyles.None, CultureInfo.InvariantCulture, out var position))
                    lines.Add((line[(space + 1)..], position));
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
        }
        return lines;
    }
}
