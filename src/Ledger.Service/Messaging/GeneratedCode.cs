using System.Reflection;
using Wolverine.Http;
using Wolverine.Runtime.Handlers;

namespace Ledger.Service.Messaging;

/// <summary>The program was built without code that it needs; the message says for what.</summary>
public sealed class NotGeneratedException(string message) : Exception(message);

/// <summary>
/// Wolverine calls handlers and endpoints by code that <c>eng/codegen</c> wrote, and finds them by the lists in it. It refuses a method without
/// its code; a class that is in no list would silently be absent, so it ends the start here.
/// </summary>
public static class GeneratedCode
{
    private const string suffix = "Handler";

    /// <exception cref="NotGeneratedException">A class with handlers or endpoints has no generated code.</exception>
    public static void Check(Assembly assembly)
    {
        if (Missing(assembly) is { Count: > 0 } missing) throw new NotGeneratedException($"No code was generated for {string.Join(", ", missing.Select(t => t.FullName))}.");
    }

    /// <summary>The classes with handlers or endpoints that the generated lists lack.</summary>
    public static IReadOnlyList<Type> Missing(Assembly assembly)
    {
        var listed = ListedBy<HttpEndpointRegistry>(assembly, r => r.EndpointTypes()).Concat(ListedBy<HandlerRegistry>(assembly, r => r.HandlerTypes())).ToHashSet();
        return [.. assembly.ExportedTypes.Where(t => HasEndpoint(t) || IsHandler(t)).Where(t => !listed.Contains(t)).OrderBy(t => t.FullName, StringComparer.Ordinal)];
    }

    private static Type[] ListedBy<T>(Assembly assembly, Func<T, Type[]> types) =>
        [.. assembly.ExportedTypes.Where(t => t.IsSubclassOf(typeof(T))).SelectMany(t => types((T)Activator.CreateInstance(t)!))];

    private static bool HasEndpoint(Type type) => type.GetMethods().Any(m => m.GetCustomAttributes<WolverineHttpMethodAttribute>().Any());

    private static bool IsHandler(Type type) => type.Name.EndsWith(suffix, StringComparison.Ordinal) && type.GetMethod("Handle", BindingFlags.Public | BindingFlags.Static) is not null;
}
