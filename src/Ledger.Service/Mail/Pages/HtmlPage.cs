using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ledger.Service.Mail.Pages;

/// <summary>A page for everybody else. Razor encodes whatever is put in; nothing is ever written raw.</summary>
internal static class HtmlPage
{
    public static async Task<string> Render(Page page)
    {
        await using var services = new ServiceCollection().BuildServiceProvider();
        await using var renderer = new HtmlRenderer(services, NullLoggerFactory.Instance);
        return await renderer.Dispatcher.InvokeAsync(async () =>
        {
            var root = await renderer.RenderComponentAsync<PageView>(ParameterView.FromDictionary(new Dictionary<string, object?> { [nameof(PageView.Page)] = page }));
            return "<!DOCTYPE html>\n" + root.ToHtmlString();
        });
    }
}
