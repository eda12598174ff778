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

func (c *Conn) attrs(k *call) (Attrs, error) {
	defer k.free()
	if err := c.do(k); err != nil {
		return Attrs{}, err
	}
	return c.parseAttrs(k)
}
