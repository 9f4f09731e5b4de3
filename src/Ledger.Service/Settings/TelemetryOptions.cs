namespace Ledger.Service.Settings;

/// <summary>Which signals are pushed to a collector, by OpenTelemetry's standard variables; its library reads the rest of them.</summary>
public sealed record TelemetryOptions
{
    /// <summary>A collector wants traces.</summary>
    public bool Traces { get; init; }

    /// <summary>A collector wants metrics; <c>/metrics</c> answers without one.</summary>
    public bool Metrics { get; init; }

    /// <summary>A collector wants the log.</summary>
    public bool Logs { get; init; }

    /// <summary>OpenTelemetry is off altogether, <c>/metrics</c> with it.</summary>
    public bool IsOff { get; init; }

    internal static TelemetryOptions Read(Func<string, string?> get)
    {
        var all = IsGiven("OTEL_EXPORTER_OTLP_ENDPOINT");
        var (traces, metrics, logs) = (IsGiven("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"), IsGiven("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"), IsGiven("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT"));
        return get("OTEL_SDK_DISABLED")?.Trim().Equals("true", StringComparison.OrdinalIgnoreCase) == true
            ? new() { IsOff = true }
            : new() { Traces = all || traces, Metrics = all || metrics, Logs = all || logs };

        // OpenTelemetry would pass over an address that it can't read, and push to another.
        bool IsGiven(string name) => get(name) is { } text
            && (Uri.TryCreate(text.Trim(), UriKind.Absolute, out var url) && url.Scheme is "http" or "https" ? true : throw new ConfigurationException(name, "it is no address such as http://localhost:4318."));
    }
}

/// <summary>How the log is written.</summary>
public enum LogFormat
{
    /// <summary>A line for people.</summary>
    Text,

    /// <summary>A JSON object a line.</summary>
    Json,
}
