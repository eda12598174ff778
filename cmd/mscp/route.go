package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"mscp/internal/bytepath"
	"mscp/internal/quote"
	"mscp/internal/sshconf"
)

// route is what is remembered of the way from this machine to a host: the number of new connections that it answers in a while.
type route struct {
	Host        string
	Connections int
	Seen        time.Time
}

// routeKept is how long a limit is believed. Sites change, and one lost network must not slow a user down for ever.
const routeKept = 7 * 24 * time.Hour

// routePath is beside the journals. Machines that share a home directory have routes of their own.
func (c *copier) routePath(h *sshconf.Host) (string, error) {
	dir, err := c.stateDir()
	if err != nil {
		return "", err
	}
	here, _ := os.Hostname() // empty is one more machine
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q", here, routeName(h)))
	return bytepath.Join(dir, hex.EncodeToString(sum[:12])+".route"), nil
}

func routeName(h *sshconf.Host) string { return fmt.Sprintf("%s:%d", h.HostName, h.Port) }

// keepBelow lowers the number of connections to what the host answered in an earlier run. Where they are spaced out (-I) they are not
// too many.
func (c *copier) keepBelow(h *sshconf.Host) {
	path, err := c.routePath(h)
	if err != nil || c.interval > 0 {
		return
	}
	text, err := os.ReadFile(path)
	var r route
	if err != nil || json.Unmarshal(text, &r) != nil || r.Host != routeName(h) || r.Connections < 1 {
		return
	}
	if time.Since(r.Seen) > routeKept || r.Connections >= c.connections {
		return
	}
	if c.changed("connections") {
		c.display.Notice(fmt.Sprintf("mscp makes %d connections instead of %d: on %s the site answered no more within a minute; -I 5 spaces them out; %s keeps this for a week",
			r.Connections, c.connections, r.Seen.Format(time.DateOnly), quote.Name(path)))
	}
	c.connections = r.Connections
}

// limited remembers that a site answered so many new connections and no more; 0: it let the first one wait, so an earlier run had used
// them up.
func (c *copier) limited(h *sshconf.Host, answered int) {
	if answered == 0 {
		answered = c.connections / 2
	}
	r := route{Host: routeName(h), Connections: max(1, min(answered, c.connections-1)), Seen: time.Now()}
	if err := c.writeRoute(h, r); err != nil && c.verbose > 0 {
		c.display.Notice(fmt.Sprintf("mscp cannot remember the site's limit: %v", err))
	}
}

func (c *copier) writeRoute(h *sshconf.Host, r route) error {
	path, err := c.routePath(h)
	if err != nil {
		return err
	}
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(bytepath.Dir(path), 0o700); err != nil {
		return err
	}
	return os.WriteFile(path, text, 0o600)
}
