package sftpwire

// Stat is STAT, which follows links.
func (c *Conn) Stat(path string) (Attrs, error) {
	return c.attrs(newCall(typeStat, typeAttrs).str(path))
}

// Lstat is LSTAT.
func (c *Conn) Lstat(path string) (Attrs, error) {
	return c.attrs(newCall(typeLstat, typeAttrs).str(path))
}

// SetStat is SETSTAT, which follows links.
func (c *Conn) SetStat(path string, a Attrs) error {
	return c.status(newCall(typeSetstat, 0).str(path).attrs(a))
}

// Mkdir makes a directory with the permissions of a, before the server's umask.
func (c *Conn) Mkdir(path string, a Attrs) error {
	return c.status(newCall(typeMkdir, 0).str(path).attrs(a))
}

// ExpandExtension is announced by servers that answer Expand (OpenSSH PROTOCOL, section 4.9).
const ExpandExtension = "expand-path@openssh.com"

// Expand replaces ~user at the start of a path by that user's home directory, and resolves the path.
func (c *Conn) Expand(path string) (expanded string, err error) {
	k := newCall(typeExtended, typeName).str(ExpandExtension).str(path)
	defer k.free()
	if err := c.do(k); err != nil {
		return "", err
	}
	count, err := c.names(k.body, func(name string, _ Attrs) error { expanded = name; return nil })
	if err == nil && count != 1 {
		err = c.broken("a reply to " + ExpandExtension + " that does not have exactly one name")
	}
	return expanded, err
}

func (c *Conn) attrs(k *call) (Attrs, error) {
	defer k.free()
	if err := c.do(k); err != nil {
		return Attrs{}, err
	}
	return c.parseAttrs(k)
}
