using Ledger.Service.Operations;
using Ledger.Service.Settings;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Ledger.Service.Http;

/// <summary>
/// Every answer, a refusal too, says the team's time zone, in which a client reads and shows times unless it is told another one, and the
/// service's version, by which a client that is older or newer can tell why something is not known.
/// </summary>
public static class AnswerHeaders
{
    public const string Zone = "Ledger-Zone";
    public const string Version = "Ledger-Version";

    public static void UseAnswerHeaders(this WebApplication app)
    {
        var zone = app.Services.GetRequiredService<LedgerOptions>().People.Zone;
        app.Use((http, next) =>
        {
            // Not at once: an exception takes away what was set before it.
            http.Response.OnStarting(() =>
            {
                (http.Response.Headers[Zone], http.Response.Headers[Version]) = (zone, StatusReader.Version);
                return Task.CompletedTask;
            });
            return next(http);
        });
    }
}
