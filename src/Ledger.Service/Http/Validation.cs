using FluentValidation;
using FluentValidation.Results;
using JasperFx;
using JasperFx.CodeGeneration;
using JasperFx.CodeGeneration.Frames;
using Wolverine.Http;

namespace Ledger.Service.Http;

/// <summary>Runs a request's validator before its endpoint; the first failure becomes a refusal with its code, field and value.</summary>
public static class Validation
{
    public static void Check<T>(T request, IValidator<T> validator)
    {
        var result = validator.Validate(request);
        if (!result.IsValid) throw new Refused(RefusalOf(result.Errors[0]));
    }

    private static Refusal RefusalOf(ValidationFailure failure)
    {
        var code = Refusals.All.ContainsKey(failure.ErrorCode) ? failure.ErrorCode : "request.invalid";
        var value = failure.AttemptedValue switch
        {
            string text => Names.Printable(text),
            int or long or bool => $"{failure.AttemptedValue}",
            _ => null,
        };
        var field = string.Join('.', failure.PropertyName.Split('.').Select(p => p.Length == 0 ? p : char.ToLowerInvariant(p[0]) + p[1..]));
        return new(code, failure.ErrorMessage, field, value);
    }
}

/// <summary>Puts the check before every endpoint whose request has a validator.</summary>
public sealed class ValidationPolicy : IHttpPolicy
{
    public void Apply(IReadOnlyList<HttpChain> chains, GenerationRules rules, IServiceContainer container)
    {
        foreach (var chain in chains)
        {
            if (chain.RequestType is not { } request || request == typeof(void) || !container.HasRegistrationFor(typeof(IValidator<>).MakeGenericType(request))) continue;
            chain.Middleware.Insert(0, new MethodCall(typeof(Validation), typeof(Validation).GetMethod(nameof(Validation.Check))!.MakeGenericMethod(request)));
        }
    }
}

/// <summary>Rules that many requests share.</summary>
public static class Rules
{
    public static IRuleBuilderOptions<T, string?> Instant<T>(this IRuleBuilder<T, string?> rule) => rule
        .Must(text => text is null || Instants.TryParse(text, out _))
        .WithErrorCode("time.invalid")
        .WithMessage("{PropertyName} must be a time between 2015 and 2100 such as 2026-11-16T10:15:00Z.");

    public static IRuleBuilderOptions<T, string?> Name<T>(this IRuleBuilder<T, string?> rule) => rule
        .Must(text => text is null || Names.WhyNot(text) is null)
        .WithErrorCode("text.invalid")
        .WithMessage((_, text) => $"{{PropertyName}} can't be used: {Names.WhyNot(text)}.");

    public static IRuleBuilderOptions<T, string?> Required<T>(this IRuleBuilder<T, string?> rule) => rule
        .Must(text => !string.IsNullOrWhiteSpace(text))
        .WithMessage("{PropertyName} is needed.");

    public static IRuleBuilderOptions<T, string?> OneOf<T>(this IRuleBuilder<T, string?> rule, params string[] words) => rule
        .Must(text => text is null || words.Contains(text, StringComparer.Ordinal))
        .WithMessage($"{{PropertyName}} is one of {string.Join(", ", words)}.");

    /// <summary>The instant a checked text names.</summary>
    public static DateTimeOffset? ToInstant(this string? text) => text is not null && Instants.TryParse(text, out var at) ? at : null;
}
