using Ledger.Cli.Parsing;

namespace Ledger.Cli.Commands;

/// <summary><c>completion</c>: a script that lets a shell complete commands and flags. What there is to complete this program says itself.</summary>
internal static class CompletionCommand
{
    public static Verb Command() => new("completion", "a script that completes commands and flags in your shell")
    {
        Arguments = { Words.One("bash|zsh|fish") },
        Examples = ["ledger completion bash > ~/.local/share/bash-completion/completions/ledger", "ledger completion zsh > \"${fpath[1]}/_ledger\"", "ledger completion fish > ~/.config/fish/completions/ledger.fish"],
        Run = call =>
        {
            call.Around.Out.Write(call.Word(0) switch
            {
                "bash" => Bash,
                "zsh" => Zsh,
                "fish" => Fish,
                { } other => throw call.Wrong("usage.value", $"There is no completion for '{other}'. There is for bash, zsh and fish.", null, other, ["bash", "zsh", "fish"]),
                null => "",
            });
            return Exit.Ok;
        },
    };

    // `mission` is a command of its own and a word of `ledger`; so its line goes whole, and that of `ledger` without its name.
    private const string Bash = """
        _ledger() {
            local line=${COMP_LINE:0:COMP_POINT}
            [[ $line == ledger* ]] && line=${line#ledger }
            local IFS=$'\n'
            COMPREPLY=($(ledger "[suggest:${#line}]" "$line" 2>/dev/null))
        }
        complete -o default -F _ledger ledger mission

        """;

    private const string Zsh = """
        #compdef ledger mission
        _ledger() {
            local line=$LBUFFER
            [[ $line == ledger* ]] && line=${line#ledger }
            compadd -- ${(f)"$(ledger "[suggest:${#line}]" "$line" 2>/dev/null)"}
        }
        compdef _ledger ledger mission

        """;

    private const string Fish = """
        function __ledger
            set -l line (string replace -r '^ledger ' '' -- (commandline -cp))
            ledger "[suggest:"(string length -- "$line")"]" "$line" 2>/dev/null
        end
        complete -c ledger -f -a '(__ledger)'
        complete -c mission -f -a '(__ledger)'

        """;
}
