package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"
)

// joinWords stands in for bash-completion's function where that package is not installed: cobra's script needs it to undo that bash
// takes words apart at colons.
const joinWords = `
if ! declare -F _init_completion >/dev/null && ! declare -F _get_comp_words_by_ref >/dev/null; then
    _get_comp_words_by_ref()
    {
        local i word line=$COMP_LINE
        words=()
        for ((i = 0; i <= COMP_CWORD; i++)); do
            word=${COMP_WORDS[i]}
            if [[ $i -eq 0 || $line == [[:space:]]* ]]; then
                words+=("$word")
            else
                words[${#words[@]}-1]+=$word
            fi
            line=${line#"${line%%[![:space:]]*}"}
            line=${line#"$word"}
        done
        cword=$((${#words[@]} - 1))
        cur=${words[cword]}
        prev=
        if [[ $cword -gt 0 ]]; then
            prev=${words[cword-1]}
        fi
    }
fi
`

func newCompletionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "completion bash|zsh|fish",
		Short: "Print a script that lets a shell complete mscp's arguments",
		Long: "Prints a script that lets a shell complete flags, files, hosts and the paths on them. To load it in each new shell:\n\n" +
			"  bash:  echo 'source <(mscp completion bash)' >>~/.bashrc\n" +
			"  zsh:   echo 'source <(mscp completion zsh)' >>~/.zshrc      after compinit\n" +
			"  fish:  mscp completion fish >~/.config/fish/completions/mscp.fish\n\n" +
			"The shell completes paths on a host only if mscp can log in without a question: through a running ControlMaster, with an agent, or with a key without passphrase.",
		ValidArgs: []string{"bash", "zsh", "fish"},
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage("completion: give one shell: bash, zsh or fish")
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			root, out := c.Root(), c.OutOrStdout()
			switch args[0] {
			case "bash":
				if _, err := io.WriteString(out, joinWords); err != nil {
					return fmt.Errorf("standard output: %w", err)
				}
				return root.GenBashCompletionV2(out, true)
			case "zsh":
				return root.GenZshCompletion(out)
			case "fish":
				return root.GenFishCompletion(out, true)
			}
			return usage("completion: mscp does not know the shell %q: bash, zsh or fish", args[0])
		},
	}
}
