using System.Text.Json;
using System.Threading.Channels;
using Ledger.Contracts;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Ledger.Service.Http;

/// <summary>
/// A long operation. A caller that accepts NDJSON gets lines of progress and at the end the result or the problem; others get the
/// result alone.
/// </summary>
/// <param name="work">Does it.</param>
public sealed class LongAnswer(Func<Action<Progress>, CancellationToken, Task<object>> work) : IResult
{
    /// <summary>The media type of the lines.</summary>
    public const string LinesOfProgress = "application/x-ndjson";

    private const int linesMax = 16;

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var http = httpContext;
        if (!IsWanted(http.Request))
        {
            await Results.Json(await work(static _ => { }, http.RequestAborted), JsonConventions.Options).ExecuteAsync(http);
            return;
        }
        http.Response.ContentType = LinesOfProgress;
        // A slow reader loses lines of progress, not the operation its pace.
        var lines = Channel.CreateBounded<Progress>(new BoundedChannelOptions(linesMax) { FullMode = BoundedChannelFullMode.DropOldest });
        var running = Run(lines.Writer, http);
        await foreach (var line in lines.Reader.ReadAllAsync(http.RequestAborted))
            await Write(http, new(Progress: line));
        await Write(http, await running);
    }

    private async Task<ProgressLine> Run(ChannelWriter<Progress> lines, HttpContext http)
    {
        try
        {
            return new(Result: await work(p => lines.TryWrite(p), http.RequestAborted));
        }
        catch (Exception e) when (e is not OperationCanceledException || !http.RequestAborted.IsCancellationRequested)
        {
            var why = Problems.Explain(e, out _);
            Problems.Note(http.RequestServices.GetRequiredService<ILogger<Problems>>(), http, e, why);
            return new(Problem: Problems.Of(why, http.TraceIdentifier));
        }
        finally
        {
            lines.Complete();
        }
    }

    private static async Task Write(HttpContext http, ProgressLine line)
    {
        await JsonSerializer.SerializeAsync(http.Response.Body, line, JsonConventions.Options, http.RequestAborted);
        await http.Response.Body.WriteAsync("\n"u8.ToArray(), http.RequestAborted);
        await http.Response.Body.FlushAsync(http.RequestAborted);
    }

    internal static bool IsWanted(HttpRequest request) => request.Headers.Accept.Any(a => a?.Contains(LinesOfProgress, StringComparison.OrdinalIgnoreCase) == true);
}
