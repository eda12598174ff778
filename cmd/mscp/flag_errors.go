package main

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/pflag"
)

// flagError says in plain words what is wrong with a flag, and what it is called here if another program has it.
func flagError(set *pflag.FlagSet, args []string, err error) error {
	var unknown *pflag.NotExistError
	var value *pflag.InvalidValueError
	var missing *pflag.ValueRequiredError
	var syntax *pflag.InvalidSyntaxError
	switch {
	case errors.As(err, &unknown):
		return unknownFlag(set, args, unknown)
	case errors.As(err, &value):
		f := value.GetFlag()
		return &usageError{err: fmt.Errorf("%s: %w", flagName(f), valueError(f, value)), hint: valueHint(f, value.GetValue())}
	case errors.As(err, &missing):
		f := missing.GetFlag()
		kind, _ := pflag.UnquoteUsage(f)
		return usage("%s needs a value: %s", flagName(f), strings.ToUpper(kind))
	case errors.As(err, &syntax):
		return usage("mscp has no flag %q", syntax.GetSpecifiedFlag())
	}
	return &usageError{err: err}
}

// valueHint is what helps with a value that is meant for another program's flag of that letter. One that begins with a digit is not.
func valueHint(f *pflag.Flag, value string) string {
	if f.Shorthand == "" || value != "" && strings.ContainsAny(value[:1], "0123456789-.") {
		return ""
	}
	return valueHabits()[f.Name]
}

func flagName(f *pflag.Flag) string {
	if f.Shorthand != "" {
		return "-" + f.Shorthand
	}
	return "--" + f.Name
}

// valueError is our own words on a value, or words in place of package strconv's.
func valueError(f *pflag.Flag, e *pflag.InvalidValueError) error {
	number, ok := errors.AsType[*strconv.NumError](e)
	switch kind := f.Value.Type(); {
	case ok && errors.Is(number, strconv.ErrRange):
		return fmt.Errorf("%q is too large", e.GetValue())
	case kind == "int" || kind == "count":
		return fmt.Errorf("%q is not a whole number", e.GetValue())
	case kind == "intSlice":
		return fmt.Errorf("%q is not a list of whole numbers", e.GetValue())
	case kind == "bool":
		return fmt.Errorf("%q is neither true nor false", e.GetValue())
	}
	return e.Unwrap()
}

func unknownFlag(set *pflag.FlagSet, args []string, e *pflag.NotExistError) error {
	name := e.GetSpecifiedName()
	if e.GetSpecifiedShortnames() == "" {
		given := "--" + name
		hint := habits()[given]
		if hint == "" {
			hint = nearest(set, name)
		}
		return &usageError{err: fmt.Errorf("mscp has no flag %s", given), hint: hint}
	}
	given := "-" + name
	hint := habits()[given]
	for _, arg := range args {
		if long := strings.TrimPrefix(arg, "-"); len(long) > 1 && set.Lookup(long) != nil && strings.Contains(long, name) {
			hint = fmt.Sprintf("write --%s, with two dashes", long)
		}
	}
	return &usageError{err: fmt.Errorf("mscp has no flag %s", given), hint: hint}
}

// nearest is the hint for a flag that was not typed right; empty where none is near.
func nearest(set *pflag.FlagSet, name string) string {
	best, least := "", len(name)/3+2
	set.VisitAll(func(f *pflag.Flag) {
		d := distance(name, f.Name)
		if strings.HasPrefix(f.Name, name) && len(name) > 1 {
			d = 1
		}
		if d < least {
			best, least = f.Name, d
		}
	})
	if best == "" {
		return ""
	}
	return fmt.Sprintf("did you mean --%s? mscp -h lists the flags", best)
}

// distance is how many letters must be added, left out or replaced (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		next := append([]int{i + 1}, row[1:]...)
		for j := range len(b) {
			d := row[j]
			if a[i] != b[j] {
				d++
			}
			next[j+1] = slices.Min([]int{d, row[j+1] + 1, next[j] + 1})
		}
		row = next
	}
	return row[len(b)]
}
