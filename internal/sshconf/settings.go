package sshconf

import (
	"bytes"
	"errors"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/kevinburke/ssh_config"
)

// value is one value of a keyword and where it stood.
type value struct {
	text   string
	source string
	strict bool // typed for this run, so a mistake in it is an error; a file is shared with ssh
}

// settings are the values found for each keyword (in lower case), strongest first.
type settings map[string][]value

func (s settings) add(keyword string, v value) {
	k := canonical(keyword)
	s[k] = append(s[k], v)
}

func (s settings) get(keyword string) (value, bool) {
	vs := s[strings.ToLower(keyword)]
	if len(vs) == 0 {
		return value{}, false
	}
	return vs[0], true
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

// addOption takes an -o argument: "Keyword=value" or "Keyword value".
func (s settings) addOption(option string) (*Warning, error) {
	keyword, text, ok := splitOption(option)
	if !ok {
		return nil, &UsageError{Source: "-o", Keyword: "option", Value: option, Reason: "want Keyword=value"}
	}
	switch class(keyword) {
	case unknown:
		return &Warning{"-o", keyword, "unknown, ignored"}, nil
	case ignored:
		return &Warning{"-o", keyword, "has no effect here"}, nil
	}
	s.add(keyword, value{text, "-o", true})
	return nil, nil
}

func splitOption(option string) (keyword, text string, ok bool) {
	option = strings.TrimSpace(option)
	i := strings.IndexAny(option, "= \t")
	if i <= 0 {
		return "", "", false
	}
	text = strings.TrimLeft(option[i:], " \t")
	text = strings.TrimSpace(strings.TrimPrefix(text, "="))
	return option[:i], unquote(text), text != ""
}

func unquote(s string) string {
	if len(s) >= 2 && s[0] == '"' && s[len(s)-1] == '"' {
		return s[1 : len(s)-1]
	}
	return s
}

// addFiles reads the configuration files for alias. A file named by -F must exist, the others may be missing.
func (s settings) addFiles(alias, configFile string, env Env) error {
	switch configFile {
	case "none":
		return nil
	case "":
		if err := s.addFile(alias, filepath.Join(env.Home, ".ssh", "config"), env, true); err != nil {
			return err
		}
		if env.System == "" {
			return nil
		}
		return s.addFile(alias, env.System, env, true)
	}
	return s.addFile(alias, configFile, env, false)
}

func (s settings) addFile(alias, file string, env Env, optional bool) error {
	text, err := env.ReadFile(file)
	if optional && errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return &FileError{file, err}
	}
	config, err := ssh_config.DecodeBytes(bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n")))
	if err != nil {
		return &FileError{file, err}
	}
	for _, keyword := range fileKeywords() {
		found, err := config.GetAll(alias, keyword)
		if err != nil {
			return &FileError{file, err}
		}
		for _, text := range found {
			s.add(keyword, value{text, file, false})
		}
	}
	return nil
}
