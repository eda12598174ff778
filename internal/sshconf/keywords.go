package sshconf

import "strings"

type keywordClass int

const (
	unknown  keywordClass = iota
	honoured              // perhaps partly: README.md says how
	selects               // changes what ssh finds in its files, and is given to it
	ignored               // ssh_config(5) knows it, and copying files does without
)

// honouredKeywords are read from files and from -o.
func honouredKeywords() []string {
	return []string{
		"AddressFamily", "BatchMode", "BindAddress", "CertificateFile", "Ciphers", "ConnectionAttempts",
		"ConnectTimeout", "ControlPath", "GlobalKnownHostsFile", "HashKnownHosts",
		"HostKeyAlgorithms", "HostKeyAlias", "HostName", "IdentitiesOnly", "IdentityAgent", "IdentityFile",
		"KbdInteractiveAuthentication", "KexAlgorithms", "MACs", "NoHostAuthenticationForLocalhost", "NumberOfPasswordPrompts", "PasswordAuthentication",
		"Port", "PreferredAuthentications", "ProxyCommand", "ProxyJump", "ProxyUseFdpass", "PubkeyAcceptedAlgorithms",
		"PubkeyAuthentication", "RekeyLimit", "RevokedHostKeys", "ServerAliveCountMax", "ServerAliveInterval",
		"StrictHostKeyChecking", "TCPKeepAlive", "User", "UserKnownHostsFile",
	}
}

// selectingKeywords matter to the system's ssh alone.
func selectingKeywords() []string {
	return []string{
		"CanonicalDomains", "CanonicalizeFallbackLocal", "CanonicalizeHostname", "CanonicalizeMaxDots",
		"CanonicalizePermittedCNAMEs", "IgnoreUnknown", "Tag",
	}
}

// notedKeywords ask for something that a user may miss.
func notedKeywords() []string {
	return []string{
		"AddKeysToAgent", "Compression", "ForwardAgent", "HostbasedAuthentication", "KnownHostsCommand", "PKCS11Provider", "VerifyHostKeyDNS",
	}
}

// ignoredKeywords are OpenSSH's other ones.
func ignoredKeywords() []string {
	return append(notedKeywords(),
		"BindInterface", "CASignatureAlgorithms", "ChannelTimeout", "CheckHostIP", "ClearAllForwardings", "ControlMaster",
		"ControlPersist", "DynamicForward", "EnableEscapeCommandline", "EnableSSHKeysign", "EscapeChar",
		"ExitOnForwardFailure", "FingerprintHash", "ForkAfterAuthentication", "ForwardX11", "ForwardX11Timeout",
		"ForwardX11Trusted", "GatewayPorts", "GSSAPIAuthentication", "GSSAPIDelegateCredentials",
		"HostbasedAcceptedAlgorithms", "IPQoS", "LocalCommand", "LocalForward", "LogLevel", "LogVerbose",
		"ObscureKeystrokeTiming", "PermitLocalCommand", "PermitRemoteOpen",
		"RefuseConnection", "RemoteCommand", "RemoteForward", "RequestTTY", "RequiredRSASize", "SecurityKeyProvider",
		"SendEnv", "SessionType", "SetEnv", "StdinNull", "StreamLocalBindMask", "StreamLocalBindUnlink", "SyslogFacility",
		"Tunnel", "TunnelDevice", "UpdateHostKeys", "UseKeychain", "VersionAddendum", "VisualHostKey",
		"WarnWeakCrypto", "XAuthLocation",
	)
}

func class(keyword string) keywordClass {
	k := canonical(keyword)
	switch {
	case contains(honouredKeywords(), k):
		return honoured
	case contains(selectingKeywords(), k):
		return selects
	case contains(ignoredKeywords(), k):
		return ignored
	}
	return unknown
}

func contains(keywords []string, keyword string) bool {
	for _, k := range keywords {
		if strings.EqualFold(k, keyword) {
			return true
		}
	}
	return false
}

func noEffect(keyword string) string {
	switch strings.ToLower(keyword) {
	case "compression":
		return "has no effect here; -C yes has"
	case "gssapiauthentication", "gssapidelegatecredentials", "hostbasedauthentication", "hostbasedacceptedalgorithms", "knownhostscommand",
		"pkcs11provider", "securitykeyprovider", "verifyhostkeydns", "casignaturealgorithms", "requiredrsasize", "addkeystoagent",
		"bindinterface", "ipqos":
		return "has no effect here; it has with --transport openssh"
	}
	return "has no effect here"
}

// noted warns of what the configuration asks for in vain.
func (s settings) noted() (warnings []Warning) {
	for _, k := range notedKeywords() {
		v, ok := s.get(k)
		switch t := strings.ToLower(v.text()); {
		case !ok, t == "no", t == "false", t == "none":
		default:
			warnings = append(warnings, Warning{v.source, k, noEffect(k), true})
		}
	}
	return warnings
}
