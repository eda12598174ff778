package main

import (
	"errors"
	"io/fs"
	"slices"
	"syscall"

	"mscp/internal/fsys"
	"mscp/internal/plan"
	"mscp/internal/progress"
	"mscp/internal/sshpool"
	"mscp/internal/transfer"
)

// fileClasses are the classes of a file's failure. docs/json.md lists them. The first row that fits counts.
func fileClasses() []struct {
	class string
	is    func(error) bool
} {
	one := func(targets ...error) func(error) bool {
		return func(err error) bool {
			return slices.ContainsFunc(targets, func(t error) bool { return errors.Is(err, t) })
		}
	}
	name := one(plan.ErrName, fsys.ErrIsDir, fsys.ErrNotDir, fsys.ErrEscapes, syscall.ENAMETOOLONG, syscall.EILSEQ, syscall.ELOOP)
	return []struct {
		class string
		is    func(error) bool
	}{
		{progress.ClassSpace, one(fsys.ErrNoSpace, fsys.ErrQuota, fsys.ErrTooLarge, transfer.ErrFull)},
		{"changed", one(transfer.ErrChanged)},
		{"name", func(err error) bool {
			return name(err) || errors.As(err, new(*plan.CollisionError)) || errors.As(err, new(*plan.FoldError)) ||
				errors.As(err, new(*plan.CycleError)) || errors.As(err, new(*transfer.EndsError))
		}},
		{"missing", one(fs.ErrNotExist)},
		{"permission", one(fs.ErrPermission, fsys.ErrReadOnly)},
		{"other", func(error) bool { return true }},
	}
}

func fileClass(err error) string {
	for _, row := range fileClasses() {
		if row.is(err) {
			return row.class
		}
	}
	return ""
}

// errorClass is the class of what ended the command.
func errorClass(err error) string {
	var dial *sshpool.DialError
	some, partly := errors.AsType[*partial](err)
	switch {
	case err == nil:
		return ""
	case partly && some.differing > 0, errors.Is(err, transfer.ErrUnfaithful):
		return "differs"
	case partly:
		return "files"
	case errors.As(err, new(*signalled)):
		return "signal"
	case isUsage(err):
		return "usage"
	case errors.As(err, new(*sshpool.HostKeyError)):
		return "host_key"
	case errors.As(err, new(*sshpool.AuthError)):
		return "login"
	case errors.As(err, &dial) && dial.Kind == sshpool.NoSuchHost:
		return "no_host"
	case errors.As(err, &dial) && dial.Kind == sshpool.Refused:
		return "refused"
	case isConnection(err):
		return "connection"
	}
	return fileClass(err)
}

// explainFile is the class of a file's failure, and what helps.
func explainFile(err error) (class, hint string) {
	return fileClass(err), placeHint(err)
}

// placeHint is what helps where one file cannot be put in place, else what helps in general.
func placeHint(err error) string {
	op := ""
	if fe, ok := errors.AsType[*fsys.Error](err); ok {
		op = fe.Op
	}
	writing := slices.Contains([]string{"create", "rename to", "replace"}, op)
	switch {
	case op == "make directory" && errors.Is(err, fs.ErrPermission):
		return "you may not write to the directory above it: check its permissions"
	case errors.Is(err, syscall.ETXTBSY):
		return "the system does not let mscp write to a running program: without --inplace mscp replaces its file"
	case writing && errors.Is(err, fs.ErrPermission):
		return "you may not write to its directory: check the permissions; --inplace writes to files that exist already"
	case writing && (errors.Is(err, syscall.EBUSY) || errors.Is(err, syscall.EXDEV) || op != "create" && errors.Is(err, fsys.ErrFailure)):
		return "mscp cannot replace a mounted file: --inplace writes to it directly"
	case errors.Is(err, syscall.ESPIPE):
		return "-n 1 -a 1 sends the blocks of a file one after the other"
	case errors.As(err, new(*transfer.EndsError)):
		return "the server does not take this name: give the source another one"
	case errors.Is(err, transfer.ErrChanged):
		return "run the same command again when nothing writes to the source"
	case errors.Is(err, fsys.ErrTooLarge):
		return "the destination's file system or a limit (ulimit -f) allows no file of that size"
	case writing && errors.Is(err, syscall.ENAMETOOLONG):
		return "the name is too long for the destination: give the file a shorter one"
	}
	return fileHint(err)
}
