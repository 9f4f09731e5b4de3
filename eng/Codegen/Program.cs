using JasperFx;
using JasperFx.CodeGeneration;
using Ledger.Service;
using Ledger.Service.Settings;
using Wolverine;

// What eng/codegen runs. The settings name a database that nobody asks.
var options = new LedgerOptions { Home = Path.GetTempPath(), Database = "Host=127.0.0.1;Port=1;Database=none" };
var builder = LedgerService.Compose(options, TimeProvider.System);
builder.Services.ConfigureWolverine(o =>
{
    o.CodeGeneration.TypeLoadMode = TypeLoadMode.Dynamic;
    o.CodeGeneration.GeneratedCodeOutputPath = args[0];
});
var app = builder.Build();
LedgerService.Map(app);
return await app.RunJasperFxCommands(["codegen", "write"]);
