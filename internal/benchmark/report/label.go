package report

import (
	"fmt"
	"strings"

	"mscp/internal/benchmark/result"
	"mscp/internal/units"
)

// vary says which settings differ within a group; only these are in its labels.
type vary struct{ connections, sessions, cipher, block, inflight, from bool }

// varying looks at mscp's own cases for what only these have. A cipher may be a peer's as well.
func varying(rows []row) vary {
	var ours []row
	for _, r := range rows {
		if r.Tool == result.Mscp {
			ours = append(ours, r)
		}
	}
	return vary{
		connections: differ(ours, func(r row) int { return r.Connections }),
		sessions:    differ(ours, func(r row) int { return r.Sessions }),
		block:       differ(ours, func(r row) int64 { return r.Block }),
		inflight:    differ(ours, func(r row) int { return r.Inflight }),
		cipher:      differ(known(rows), func(r row) string { return cipher(r.Case) }),
		from:        differ(rows, func(r row) string { return r.From }),
	}
}

func differ[T comparable](rows []row, value func(row) T) bool {
	for _, r := range rows {
		if value(r) != value(rows[0]) {
			return true
		}
	}
	return false
}

// known are the rows whose cipher is.
func known(rows []row) (with []row) {
	for _, r := range rows {
		if cipher(r.Case) != "" {
			with = append(with, r)
		}
	}
	return with
}

// cipher is the one asked for or else, if mscp told, the one used, without its author's domain.
func cipher(c result.Case) string {
	name := c.Cipher
	for _, s := range c.Samples {
		if name == "" {
			name = s.Cipher
		}
	}
	name, _, _ = strings.Cut(clean(name), "@")
	return name
}

// settings of a case as far as the group's cases differ in them.
func (v vary) settings(c result.Case) string {
	var parts []string
	add := func(differs bool, text string) {
		if differs && text != "" {
			parts = append(parts, text)
		}
	}
	add(true, clean(c.Settings))
	if c.Tool != result.Single { // its settings are its definition
		add(v.connections && c.Connections > 0, fmt.Sprintf("n=%d", c.Connections))
		add(v.sessions && c.Sessions > 0, count(int64(c.Sessions), "session"))
	}
	add(v.cipher, cipher(c))
	if c.Tool != result.Single {
		add(v.block && c.Block > 0, "blocks of "+units.Bytes(c.Block))
		add(v.inflight && c.Inflight > 0, fmt.Sprintf("%d in flight", c.Inflight))
	}
	add(v.from, clean(c.From))
	return strings.Join(parts, ", ")
}

// label names a case within its group: "mscp, n=8".
func (g *group) label(r row) string {
	return join(clean(r.Tool), g.vary.settings(r.Case))
}

// line names what a case belongs to when all is the same but the connections.
func (g *group) line(r row) string {
	v := g.vary
	v.connections = false
	return join(clean(r.Tool), v.settings(r.Case))
}

// shared says what all of mscp's cases of the group were asked for, and where it comes from; empty: nothing.
func (g *group) shared() string {
	v := vary{!g.vary.connections, !g.vary.sessions, false, !g.vary.block, !g.vary.inflight, !g.vary.from}
	for _, r := range g.rows {
		if r.Tool != result.Mscp {
			continue
		}
		if !g.vary.cipher {
			return join(v.settings(r.Case), cipher(r.Case))
		}
		return v.settings(r.Case)
	}
	return ""
}

func join(parts ...string) string {
	var there []string
	for _, p := range parts {
		if p != "" {
			there = append(there, p)
		}
	}
	return strings.Join(there, ", ")
}
