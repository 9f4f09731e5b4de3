using Ledger.Service.Hosting;

return await LedgerHost.Run(args);
