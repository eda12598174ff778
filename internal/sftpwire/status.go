package sftpwire

import "fmt"

// Codes of an SSH_FXP_STATUS reply (draft-ietf-secsh-filexfer-02, section 7).
const (
	StatusOK               = 0
	StatusEOF              = 1
	StatusNoSuchFile       = 2
	StatusPermissionDenied = 3
	StatusFailure          = 4
	StatusBadMessage       = 5
	StatusNoConnection     = 6
	StatusConnectionLost   = 7
	StatusOpUnsupported    = 8
	StatusNoSuchPath       = 10 // of later versions, as some servers of version 3 say
)

// StatusError is a server's refusal of one request. Message is the server's text: escape it before it is shown.
type StatusError struct {
	Code    uint32
	Message string
}

func (e *StatusError) Error() string {
	if e.Message == "" {
		return fmt.Sprintf("SFTP status %d", e.Code)
	}
	return fmt.Sprintf("%s (SFTP status %d)", e.Message, e.Code)
}

// parseStatus returns nil for StatusOK, whatever text comes with it.
func parseStatus(b []byte) (*StatusError, error) {
	p := parser{b: b}
	code := p.u32()
	if p.short {
		return nil, &ProtocolError{"a truncated STATUS packet"}
	}
	if code == StatusOK {
		return nil, nil
	}
	st := &StatusError{Code: code}
	if len(p.b) > 0 { // some servers leave message and language out
		st.Message = string(p.bytes())
	}
	return st, nil
}
