package sshpool

import (
	"slices"
	"strings"
)

// newControlPath is what a user without a ControlPath is advised to take.
const newControlPath = "~/.ssh/mscp-%r@%h-%p"

// masterAdvice is a sentence that says how to start a ControlMaster to the host, and how to use it.
func masterAdvice(o Options) string {
	args := append([]string{"ssh", "-o", "ControlMaster=yes"}, o.SSHFlags...)
	use := ""
	if o.Host.ControlPath == "" {
		args = append(args, "-o", "ControlPath="+newControlPath)
		use = "; and give -o ControlPath=" + newControlPath + " here, or put ControlPath into ~/.ssh/config"
	}
	args = slices.Concat(args, []string{"-fN", o.Host.Alias})
	for i, a := range args {
		args[i] = shellWord(a)
	}
	return "start a master with: " + strings.Join(args, " ") + use
}

// shellWord quotes what a shell would not take as one word.
func shellWord(s string) string {
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@%+=:,./-_~"
	if s != "" && strings.Trim(s, plain) == "" && s[0] != '~' {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
