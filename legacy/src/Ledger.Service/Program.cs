return await Ledger.Service.Hosting.LedgerHost.Run(args);
