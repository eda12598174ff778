package endpoint

import "errors"

// What can be wrong with the arguments as a set.
var (
	ErrTooFew         = errors.New("mscp needs a source and a target")
	ErrBothLocal      = errors.New("the sources and the target are all local")
	ErrRemoteToRemote = errors.New("copies between two remote hosts are not supported")
	ErrMixedSources   = errors.New("local and remote sources in one command")
	ErrManyHosts      = errors.New("the sources name more than one host")
	ErrEmptySource    = errors.New("the source's path is empty")
)

// Args parses a command's arguments: one or more sources, then the target. Exactly one side is remote, and all remote
// sources name one user and host. Its error is an [*Error].
func Args(args []string) (sources []Endpoint, target Endpoint, err error) {
	if len(args) < 2 {
		return nil, Endpoint{}, &Error{Err: ErrTooFew, Hint: "mscp source... target, where one side is [user@]host:path"}
	}
	all := make([]Endpoint, len(args))
	for i, arg := range args {
		if all[i], err = Parse(arg); err != nil {
			return nil, Endpoint{}, err
		}
	}
	sources, target = all[:len(all)-1], all[len(all)-1]
	if err := checkSides(sources, target); err != nil {
		return nil, Endpoint{}, err
	}
	return sources, target, nil
}

func checkSides(sources []Endpoint, target Endpoint) error {
	first := sources[0]
	for _, s := range sources {
		switch {
		case s.Remote && s.Path == "": // an unset variable would copy the whole home directory
			return &Error{Arg: s.String(), Err: ErrEmptySource,
				Hint: "write " + s.Login() + ":. for the whole login directory; is a variable in the command unset?"}
		case s.Remote && target.Remote:
			return &Error{Arg: s.String(), Err: ErrRemoteToRemote,
				Hint: "run mscp on one of the two hosts, or copy to this machine first"}
		case s.Remote != first.Remote:
			return &Error{Arg: s.String(), Err: ErrMixedSources, Hint: "copy the local and the remote sources separately"}
		case s.Login() != first.Login() || s.Port != first.Port:
			return &Error{Arg: s.String(), Err: ErrManyHosts, Hint: "run mscp once for each host"}
		}
	}
	if !first.Remote && !target.Remote {
		return &Error{Err: ErrBothLocal, Hint: "write [user@]host:path on one side; cp copies local files"}
	}
	return nil
}
