package sshconf

import (
	"slices"
	"strings"
)

// value is one value of a keyword and where it stood.
type value struct {
	words   []string
	source  string
	strict  bool // typed for this run, so a mistake in it is an error; a file is shared with ssh
	literal bool // ssh has replaced ~ and tokens already
}

func (v value) text() string { return strings.Join(v.words, " ") }

func (v value) none() bool { return strings.EqualFold(v.text(), "none") }

// settings are the values found for each keyword (in lower case), strongest first.
type settings map[string][]value

// add keeps what is weaker than all that is there. Of ProxyJump and ProxyCommand the first counts (ssh_config(5)); a
// ProxyJump that is none leaves the choice to a ProxyCommand, but not the other way round.
func (s settings) add(keyword string, v value) {
	k := canonical(keyword)
	jump, jumps := s.get("ProxyJump")
	_, commands := s.get("ProxyCommand")
	if len(v.words) == 0 || k == "proxyjump" && commands || k == "proxycommand" && jumps && !jump.none() {
		return
	}
	s[k] = append(s[k], v)
}

func (s settings) get(keyword string) (value, bool) {
	vs := s[strings.ToLower(keyword)]
	if len(vs) == 0 {
		return value{}, false
	}
	return vs[0], true
}

func (s settings) clone() settings {
	c := settings{}
	for k, vs := range s {
		c[k] = slices.Clone(vs)
	}
	return c
}

// canonical lowers a keyword and maps OpenSSH's old names to the present ones.
func canonical(keyword string) string {
	k := strings.ToLower(keyword)
	switch k {
	case "challengeresponseauthentication", "tisauthentication", "skeyauthentication":
		return "kbdinteractiveauthentication"
	case "pubkeyacceptedkeytypes":
		return "pubkeyacceptedalgorithms"
	case "globalknownhostsfile2":
		return "globalknownhostsfile"
	case "userknownhostsfile2":
		return "userknownhostsfile"
	case "dsaauthentication":
		return "pubkeyauthentication"
	}
	return k
}

// addOption takes an -o argument.
func (s settings) addOption(option string) (*Warning, error) {
	keyword, words, err := parseLine(option)
	if keyword != "" && class(keyword) == unknown {
		return &Warning{"-o", keyword, "unknown, ignored", false}, nil
	}
	if err != nil || keyword == "" || len(words) == 0 {
		return nil, &UsageError{Source: "-o", Keyword: "option", Value: option, Reason: "want Keyword=value"}
	}
	if class(keyword) == ignored {
		return &Warning{"-o", keyword, noEffect(keyword), false}, nil
	}
	s.add(keyword, value{words: words, source: "-o", strict: true})
	return nil, nil
}
