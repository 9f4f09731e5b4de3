using Ledger.Service.Settings;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Ledger.Service.Http;

/// <summary>Every answer, a refusal too, says the team's time zone: a client reads and shows times in it unless it is told another one.</summary>
public static class ZoneHeader
{
    public const string Name = "Ledger-Zone";

    public static void UseZoneHeader(this WebApplication app)
    {
        var zone = app.Services.GetRequiredService<LedgerOptions>().People.Zone;
        app.Use((http, next) =>
        {
            // Not at once: an exception takes away what was set before it.
            http.Response.OnStarting(() =>
            {
                http.Response.Headers[Name] = zone;
                return Task.CompletedTask;
            });
            return next(http);
        });
    }
}
