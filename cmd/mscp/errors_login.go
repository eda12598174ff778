package main

import (
	"errors"
	"slices"
	"strings"

	"mscp/internal/sshpool"
)

// authHint is what helps after a login that was refused. It fits the method that was tried last.
func authHint(e *sshpool.AuthError) string {
	switch {
	case e.OneTime:
		return "run the same command again, with a new code: it goes on where this one stopped"
	case errors.Is(e.Unasked, errAskpassUnused):
		return "set SSH_ASKPASS_REQUIRE=force: " + errAskpassUnused.Error()
	case e.NoTerminal:
		return "there is no terminal to ask on: use a key without passphrase, an agent, a ControlMaster, SSH_ASKPASS, or MSCP_SSH_AUTH_PASSWORD or _PASSPHRASE"
	case e.FromEnv:
		return "MSCP_SSH_AUTH_PASSWORD or _PASSPHRASE holds a wrong secret"
	case onlyOthers(e.Offered):
		return "mscp has none of the server's login methods; the system's ssh may have one: --transport openssh"
	case answered(e.Tried):
		return "the server did not accept the answers: check the password or code, and whether the account may log in there as " + e.User
	}
	return "check the user name (-l) and the keys (-i); ssh with the same arguments and -v tells more"
}

// onlyOthers reports whether a server takes only methods that are not made here: gssapi-with-mic, hostbased.
func onlyOthers(offered []string) bool {
	return len(offered) > 0 && !slices.ContainsFunc(offered, func(m string) bool {
		return m == "" || m == "publickey" || m == "password" || m == "keyboard-interactive"
	})
}

// answered reports whether the last thing that was tried was something that a user types.
func answered(tried []string) bool {
	return len(tried) > 0 && !strings.HasPrefix(tried[len(tried)-1], "publickey")
}
