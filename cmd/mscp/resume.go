package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/spf13/pflag"

	"mscp/internal/bytepath"
	"mscp/internal/journal"
	"mscp/internal/quote"
)

// resume runs the job of -R's journal with the flags of its first run and those that were given beside -R.
func resume(ctx context.Context, sys system, f *flags, args []string) error {
	switch {
	case len(args) > 0:
		return usage("-R takes no sources and no target: the journal has them")
	case f.checkpoint != "":
		return usage("-R takes no -W: it goes on with its own journal")
	case f.noResume:
		return usage("-R goes on with a job and --no-resume begins it anew: give one of them")
	}
	file, err := bytepath.Abs(f.resume)
	if err != nil {
		return err
	}
	given := sys.args
	if sys.args, err = recorded(file); err != nil {
		return err
	}
	c := newRootCommand(sys, func(set *pflag.FlagSet, f *flags) error {
		f.dryRun = false // what -W -D planned is copied now
		words, _, err := readArgs(set, given)
		if err != nil {
			return err
		}
		if err := set.Parse(words); err != nil {
			return flagError(set, given, err)
		}
		f.checkpoint, f.resume, f.noResume = file, "", false
		return nil
	})
	if err := setArgs(c, sys.args); err != nil {
		return err
	}
	return c.ExecuteContext(ctx)
}

// recorded returns the arguments of a journal's job, and changes to the directory of its first run.
func recorded(file string) (args []string, err error) {
	j, state, err := journal.Open(file, journal.Options{MustExist: true})
	if err != nil {
		return nil, err
	}
	defer j.Close()
	var rec record
	if state.Job() == nil || json.Unmarshal(state.Job(), &rec) != nil {
		return nil, usage("-R: %s describes no job", quote.Name(file))
	}
	if err := os.Chdir(string(rec.Cwd)); err != nil {
		return nil, fmt.Errorf("-R: the directory of the job: %w", err)
	}
	for _, a := range rec.Args {
		args = append(args, string(a))
	}
	return args, nil
}
