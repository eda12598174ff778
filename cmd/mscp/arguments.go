package main

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"mscp/internal/endpoint"
	"mscp/internal/quote"
)

// compressions are the values of -C.
func compressions() []string { return []string{"none", "no", "yes", "zlib", "zlib@openssh.com"} }

// argReader reads a command line as pflag does, before pflag does.
type argReader struct {
	set      *pflag.FlagSet
	args     []string // not read yet
	out      []string // for pflag
	operands []string // sources and the target
}

// readArgs returns the arguments for pflag, and those that are no flags. A -C without a value, as scp has it, becomes -C yes. An argument
// that may be the value of the flag before it, or a source, is an error.
func readArgs(set *pflag.FlagSet, args []string) (out, operands []string, err error) {
	r := &argReader{set: set, args: args}
	for len(r.args) > 0 && err == nil {
		arg := r.take()
		switch {
		case arg == "--":
			r.out, r.operands = append(append(r.out, arg), r.args...), append(r.operands, r.args...)
			r.args = nil
		case arg == "-" || !strings.HasPrefix(arg, "-"):
			r.out, r.operands = append(r.out, arg), append(r.operands, arg)
		case strings.HasPrefix(arg, "--"):
			err = r.long(arg)
		default:
			err = r.short(arg)
		}
	}
	return r.out, r.operands, err
}

func (r *argReader) take() string {
	arg := r.args[0]
	r.args = r.args[1:]
	return arg
}

func (r *argReader) long(arg string) error {
	flag := r.set.Lookup(strings.TrimPrefix(arg, "--"))
	switch {
	case flag == nil:
		r.out = append(r.out, arg)
	case flag.Name == "compress" && r.sourceFollows():
		r.out = append(r.out, arg+"=yes")
	case flag.NoOptDefVal != "":
		r.out = append(r.out, arg)
		return r.doubtful(flag, arg)
	default:
		r.out = append(r.out, arg)
		r.value()
	}
	return nil
}

// short reads letters behind one dash.
func (r *argReader) short(arg string) error {
	for i := 1; i < len(arg); i++ {
		flag, rest := r.set.ShorthandLookup(arg[i:i+1]), arg[i+1:]
		switch {
		case flag != nil && flag.Name == "compress" && rest == "" && r.sourceFollows():
			r.out = append(r.out, arg+"yes")
			return nil
		case flag != nil && flag.Name == "compress" && r.letters(rest):
			r.out = append(r.out, arg[:i+1]+"yes")
			return r.short("-" + rest)
		case flag == nil || strings.HasPrefix(rest, "="):
			r.out = append(r.out, arg)
			return nil
		case flag.NoOptDefVal != "" && rest == "":
			r.out = append(r.out, arg)
			return r.doubtful(flag, "-"+flag.Shorthand)
		case flag.NoOptDefVal != "":
		default:
			r.out = append(r.out, arg)
			if rest == "" {
				r.value()
			}
			return nil
		}
	}
	return nil
}

// value passes on the value of a flag.
func (r *argReader) value() {
	if len(r.args) > 0 {
		r.out = append(r.out, r.take())
	}
}

// sourceFollows reports whether the next argument is no value of -C but a flag, a source or nothing.
func (r *argReader) sourceFollows() bool {
	if len(r.args) == 0 {
		return true
	}
	next := r.args[0]
	return !slices.Contains(compressions(), next) && (strings.HasPrefix(next, "-") || strings.ContainsAny(next, ":/*?[.") || fileExists(next))
}

// letters reports whether what stands behind -C are more flags.
func (r *argReader) letters(rest string) bool {
	if rest == "" || slices.Contains(compressions(), rest) {
		return false
	}
	for i := range len(rest) {
		f := r.set.ShorthandLookup(rest[i : i+1])
		if f == nil {
			return false
		}
		if f.NoOptDefVal == "" {
			break // the rest is its value
		}
	}
	return true
}

// doubtful refuses a word behind a flag whose value stands behind "=".
func (r *argReader) doubtful(flag *pflag.Flag, given string) error {
	if len(r.args) == 0 {
		return nil
	}
	next := r.args[0]
	values := []string{"true", "false"}
	if flag.Name == "verify" {
		values = []string{string(verifyAuto), string(verifyCommand), string(verifyReadback)}
	}
	if !slices.Contains(values, next) {
		return nil
	}
	return &usageError{
		err:  fmt.Errorf("%s %s: could be a value or a source", given, next),
		hint: fmt.Sprintf("write --%s=%s for the value, or ./%s for a file of that name", flag.Name, next, next),
	}
}

// setArgs gives a command line to the root command. Where a target follows the name of a command, that name is a source.
func setArgs(root *cobra.Command, args []string) error {
	for _, arg := range args[:min(1, len(args))] {
		if strings.HasPrefix(arg, "__") { // a shell asks for completions
			root.SetArgs(args)
			return nil
		}
	}
	out, operands, err := readArgs(root.Flags(), args)
	if len(operands) == 0 || operands[0] != "help" && !isCommand(root, operands[0]) {
		root.SetArgs(out)
		return err
	}
	source, err := commandIsSource(root, args, operands[0])
	if err != nil {
		return err
	}
	if !source {
		root.SetArgs(args) // the command has flags of its own
		return nil
	}
	root.RemoveCommand(root.Commands()...)
	out, _, err = readArgs(root.Flags(), args)
	root.SetArgs(out)
	return err
}

func isCommand(root *cobra.Command, name string) bool {
	return slices.ContainsFunc(root.Commands(), func(c *cobra.Command) bool { return c.Name() == name })
}

// commandIsSource reports whether a command's name stands for a file. Only bench takes a host itself.
func commandIsSource(root *cobra.Command, args []string, name string) (bool, error) {
	set := root.Flags()
	if c, _, err := root.Find([]string{name}); err == nil {
		set = c.Flags()
	}
	_, operands, _ := readArgs(set, args)
	remote := slices.ContainsFunc(operands, func(s string) bool {
		e, err := endpoint.Parse(s)
		return err == nil && e.Remote
	})
	if name != "bench" || !remote || len(operands) > 2 {
		return remote, nil
	}
	if !fileExists(name) {
		return false, nil
	}
	return false, &usageError{
		err:  fmt.Errorf("%s is a command of mscp, and there is a file of that name", quote.Name(name)),
		hint: fmt.Sprintf("write ./%s to copy the file; run the command in another directory", name),
	}
}

func fileExists(name string) bool {
	_, err := os.Lstat(name)
	return err == nil
}
