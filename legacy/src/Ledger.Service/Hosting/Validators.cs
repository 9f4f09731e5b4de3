using FluentValidation;
using Ledger.Service.Accounts;
using Ledger.Service.Agents;
using Ledger.Service.Budgets;
using Ledger.Service.Delivery;
using Ledger.Service.Digests;
using Ledger.Service.Guarding;
using Ledger.Service.Keys;
using Ledger.Service.Missions;
using Ledger.Service.Operations;
using Ledger.Service.Tokens;
using Microsoft.Extensions.DependencyInjection;

namespace Ledger.Service.Hosting;

/// <summary>Every request's validator, by hand: what runs can be listed.</summary>
internal static class Validators
{
    public static IServiceCollection AddValidators(this IServiceCollection services) => services
        .AddSingleton<IValidator<AddAccount>, AddAccountValidator>()
        .AddSingleton<IValidator<EditAccount>, EditAccountValidator>()
        .AddSingleton<IValidator<RotateAccount>, RotateAccountValidator>()
        .AddSingleton<IValidator<AddAgent>, AddAgentValidator>()
        .AddSingleton<IValidator<EditAgent>, EditAgentValidator>()
        .AddSingleton<IValidator<AssignKey>, AssignKeyValidator>()
        .AddSingleton<IValidator<StartMission>, StartMissionValidator>()
        .AddSingleton<IValidator<EndMission>, EndMissionValidator>()
        .AddSingleton<IValidator<SwitchMission>, SwitchMissionValidator>()
        .AddSingleton<IValidator<ReopenMission>, ReopenMissionValidator>()
        .AddSingleton<IValidator<EditMission>, EditMissionValidator>()
        .AddSingleton<IValidator<SetBudget>, SetBudgetValidator>()
        .AddSingleton<IValidator<RaiseBudget>, RaiseBudgetValidator>()
        .AddSingleton<IValidator<PlanBudgets>, PlanBudgetsValidator>()
        .AddSingleton<IValidator<ApplyBudgets>, ApplyBudgetsValidator>()
        .AddSingleton<IValidator<BacktestBudgets>, BacktestBudgetsValidator>()
        .AddSingleton<IValidator<TakeHold>, TakeHoldValidator>()
        .AddSingleton<IValidator<RebuildViews>, RebuildViewsValidator>()
        .AddSingleton<IValidator<TestAlert>, TestAlertValidator>()
        .AddSingleton<IValidator<SendDigest>, SendDigestValidator>()
        .AddSingleton<IValidator<CreateToken>, CreateTokenValidator>();
}
