package sshconf

import "strings"

type keywordClass int

const (
	unknown keywordClass = iota
	honoured
	ignored // ssh_config(5) knows it, and copying files does without
)

// honouredKeywords are read from files and from -o.
func honouredKeywords() []string {
	return []string{
		"AddressFamily", "BatchMode", "BindAddress", "ChallengeResponseAuthentication", "Ciphers", "ConnectTimeout", "ControlPath",
		"GlobalKnownHostsFile", "HashKnownHosts", "HostKeyAlgorithms", "HostKeyAlias", "HostName", "IdentitiesOnly",
		"IdentityAgent", "IdentityFile", "KbdInteractiveAuthentication", "KexAlgorithms", "MACs",
		"NumberOfPasswordPrompts", "PasswordAuthentication", "Port", "PreferredAuthentications", "ProxyCommand",
		"ProxyJump", "PubkeyAcceptedAlgorithms", "PubkeyAcceptedKeyTypes", "PubkeyAuthentication", "RekeyLimit",
		"RevokedHostKeys", "ServerAliveCountMax", "ServerAliveInterval", "StrictHostKeyChecking", "TCPKeepAlive", "User",
		"UserKnownHostsFile",
	}
}

// ignoredKeywords are OpenSSH's other ones.
func ignoredKeywords() []string {
	return []string{
		"AddKeysToAgent", "BindInterface", "CanonicalDomains", "CanonicalizeFallbackLocal", "CanonicalizeHostname",
		"CanonicalizeMaxDots", "CanonicalizePermittedCNAMEs", "CASignatureAlgorithms", "CertificateFile", "ChannelTimeout",
		"CheckHostIP", "ClearAllForwardings", "Compression", "ConnectionAttempts", "ControlMaster", "ControlPersist", "DynamicForward", "EnableEscapeCommandline", "EnableSSHKeysign", "EscapeChar",
		"ExitOnForwardFailure", "FingerprintHash", "ForkAfterAuthentication", "ForwardAgent", "ForwardX11",
		"ForwardX11Timeout", "ForwardX11Trusted", "GatewayPorts", "GSSAPIAuthentication",
		"GSSAPIDelegateCredentials", "HostbasedAcceptedAlgorithms", "HostbasedAuthentication", "IgnoreUnknown",
		"IPQoS", "KnownHostsCommand", "LocalCommand", "LocalForward", "LogLevel", "LogVerbose",
		"NoHostAuthenticationForLocalhost", "ObscureKeystrokeTiming", "PermitLocalCommand", "PermitRemoteOpen",
		"PKCS11Provider", "ProxyUseFdpass", "RemoteCommand", "RemoteForward", "RequestTTY", "RequiredRSASize",
		"SecurityKeyProvider", "SendEnv", "SessionType", "SetEnv", "StdinNull",
		"StreamLocalBindMask", "StreamLocalBindUnlink", "SyslogFacility", "Tag", "Tunnel", "TunnelDevice",
		"UpdateHostKeys", "UseKeychain", "VerifyHostKeyDNS", "VersionAddendum", "VisualHostKey", "XAuthLocation",
	}
}

func class(keyword string) keywordClass {
	k := canonical(keyword)
	for _, h := range honouredKeywords() {
		if strings.EqualFold(h, k) {
			return honoured
		}
	}
	for _, i := range ignoredKeywords() {
		if strings.EqualFold(i, k) {
			return ignored
		}
	}
	return unknown
}

func fileKeywords() []string { return honouredKeywords() }
