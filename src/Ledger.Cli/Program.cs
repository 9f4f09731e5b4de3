using Ledger.Cli;

return Entry.Run(args, Surroundings.Real());
