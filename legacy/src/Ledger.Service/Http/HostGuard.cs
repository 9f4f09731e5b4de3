using Ledger.Service.Hosting;
using Microsoft.AspNetCore.Http;

namespace Ledger.Service.Http;

/// <summary>
/// Refuses requests for other host names: a page whose name was rebound to this address (DNS rebinding) says its own name here.
/// </summary>
internal sealed class HostGuard
{
    private readonly HashSet<string> allowed;

    public HostGuard(ServiceSettings settings) =>
        allowed = new(["localhost", "127.0.0.1", "[::1]", settings.Url.Host, .. settings.AllowedHosts], StringComparer.OrdinalIgnoreCase);

    public Task Invoke(HttpContext http, RequestDelegate next) =>
        allowed.Contains(http.Request.Host.Host)
            ? next(http)
            : throw new Refused("request.invalid", "This service does not answer to that host name; LEDGER_ALLOWED_HOSTS may name it.", "Host", http.Request.Host.Host);
}
