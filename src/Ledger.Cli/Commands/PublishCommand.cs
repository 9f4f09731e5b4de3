using Ledger.Cli.Parsing;

namespace Ledger.Cli.Commands;

/// <summary><c>publish</c> is done by the script <c>ledger</c>, which has the source and its tools; here it is explained.</summary>
internal static class PublishCommand
{
    public static Verb Command() => new("publish", "make a folder to copy to a server: service and command line, built for this kind of machine")
    {
        Arguments = { Words.One("DIR") },
        About = "The folder needs the ASP.NET Core 10 runtime, and neither the source nor git: DIR/ledger up. The service is compiled ahead, the command line to machine code where a C compiler and zlib are there.\nDIR must be empty, or not there yet.",
        Examples = ["./ledger publish /tmp/ledger", "./ledger publish ../ledger-server"],
        Run = _ => throw Refusal.Of(Exit.Config, "publish.source", "`publish` needs the source: run `./ledger publish DIR` there, with no other flags."),
    };
}
