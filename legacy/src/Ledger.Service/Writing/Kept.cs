using System.Text;
using System.Text.Json.Nodes;
using Ledger.Service.Http;

namespace Ledger.Service.Writing;

/// <summary>
/// What is kept of an answer for replays. The log takes 64 KB; of a longer answer the lists are cut, and <c>more</c> says so. The
/// first caller gets all of it.
/// </summary>
internal static class Kept
{
    private const int bytesMax = 60 * 1024;
    private const string wrote = "$events";
    private static readonly int[] itemsMax = [50, 10, 1, 0];

    /// <param name="answer">The whole answer.</param>
    /// <param name="events">How many events were written with it.</param>
    public static string Of(JsonObject answer, int events)
    {
        answer = answer.DeepClone().AsObject();
        answer[wrote] = events;
        var text = answer.ToJsonString(Json.Options);
        if (Fits(text)) return text;
        foreach (var items in itemsMax)
        {
            var cut = answer.DeepClone().AsObject();
            Cut(cut, items);
            cut["more"] = true;
            text = cut.ToJsonString(Json.Options);
            if (Fits(text)) return text;
        }
        return new JsonObject { [wrote] = events, ["more"] = true }.ToJsonString(Json.Options);
    }

    /// <summary>The answer as it was kept, and how many events were written with it.</summary>
    public static (JsonObject Answer, int Events) Read(string? kept)
    {
        var answer = kept is null ? [] : JsonNode.Parse(kept)!.AsObject();
        // Kept before the number was: one event.
        var events = answer[wrote]?.GetValue<int>() ?? 1;
        answer.Remove(wrote);
        return (answer, events);
    }

    private static bool Fits(string text) => Encoding.UTF8.GetByteCount(text) <= bytesMax;

    private static void Cut(JsonNode? node, int items)
    {
        switch (node)
        {
            case JsonArray list:
                if (list.Count > items) list.RemoveRange(items, list.Count - items);
                foreach (var item in list) Cut(item, items);
                break;
            case JsonObject whole:
                foreach (var (_, member) in whole) Cut(member, items);
                break;
        }
    }
}
