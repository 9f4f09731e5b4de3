using System.Text.Json;

namespace Ledger.Cli.Output;

/// <summary>Tells on standard error how far a long operation is: a bar on a terminal, a line now and then elsewhere.</summary>
internal sealed class ProgressBar(Call call) : IDisposable
{
    private const int BarMax = 30;
    private const int WhatMax = 24;
    private bool drawn;
    private string? lastWhat;
    private long lastTenth = -1;

    public void Show(JsonElement progress)
    {
        if (call.Printer.Quiet) return;
        var what = SafeText.Of(progress.Text("what") ?? "working");
        var done = progress.Number("done") ?? 0;
        var of = progress.Number("of");
        var amount = of is { } all ? $"{done.Grouped()}/{all.Grouped()}" : done.Grouped();
        if (call.Around.ErrIsTerminal)
        {
            // Asked each time: a terminal that is made narrower meanwhile gets a shorter bar, and never a second line.
            var width = call.Around.Width() - 1;
            var room = Math.Min(BarMax, width - WhatMax - amount.Length - 4);
            var filled = of is > 0 && room > 0 ? (int)(Math.Clamp(done, 0, of.Value) * room / of.Value) : 0;
            var bar = of is null || room < 6 ? "" : $"[{new string('#', filled)}{new string('.', room - filled)}] ";
            call.Around.Err.Write($"\r\e[K{SafeText.Fit($"{SafeText.Fit(what, WhatMax)} {bar}{amount}", width)}");
            call.Around.Err.Flush();
            drawn = true;
            return;
        }
        var tenth = of is > 0 ? done * 10 / of.Value : done / 100;
        if (what == lastWhat && tenth == lastTenth) return;
        (lastWhat, lastTenth) = (what, tenth);
        call.Around.Err.WriteLine($"{what} {amount}");
    }

    public void Dispose()
    {
        if (drawn) call.Around.Err.Write("\r\e[K");
    }
}
