using FluentValidation;
using FluentValidation.Results;
using Microsoft.AspNetCore.Http;

namespace Ledger.Service.Http;

/// <summary>Runs a request's validator before its endpoint. One filter for every slice.</summary>
internal static class Validation
{
    public static EndpointFilterDelegate Filter(EndpointFilterFactoryContext context, EndpointFilterDelegate next)
    {
        var parameters = context.MethodInfo.GetParameters();
        for (var i = 0; i < parameters.Length; i++)
        {
            var validator = context.ApplicationServices.GetService(typeof(IValidator<>).MakeGenericType(parameters[i].ParameterType)) as IValidator;
            if (validator is null) continue;
            var index = i;
            return call =>
            {
                var result = validator.Validate(new ValidationContext<object?>(call.Arguments[index]));
                return result.IsValid ? next(call) : throw new Refused(Refusal(result.Errors[0]));
            };
        }
        return next;
    }

    private static Refusal Refusal(ValidationFailure failure)
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

/// <summary>Rules that many requests share.</summary>
internal static class Rules
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
