package benchmark

import (
	"mscp/internal/benchmark/result"
)

// planned is a case and what is run for it.
type planned struct {
	result.Case
	tool    *Tool   // nil: ours, or the path alone
	command command // without args: the path alone
	failed  int     // runs, one after the other
}

// plan makes the cases of a question, in the order in which they are run: ours, what holds it to scp's ways, the path alone, the peers.
func (s *Spec) plan(t *Target, q result.Question, look func(string) (string, error)) (cases []*planned, skipped []result.Skipped) {
	base := result.Case{Question: q, Samples: []result.Sample{}}
	add := func(c result.Case, tool *Tool, cmd command) {
		c.Command = cmd.String()
		cases = append(cases, &planned{Case: c, tool: tool, command: cmd})
	}
	for _, cipher := range s.Ciphers {
		c := base
		c.Cipher = cipher
		if !tree(q) {
			add(single(c), nil, ours(single(c)))
		}
		for _, sessions := range s.Sessions {
			for _, n := range s.Connections {
				c.Tool, c.Connections, c.Sessions, c.Block, c.Inflight = result.Mscp, n, sessions, s.Block, s.Inflight
				add(c, nil, ours(c))
			}
		}
	}
	if s.Limits && !tree(q) && q.Work.Size >= limitBytes {
		c := s.limit(t, base)
		if c.Tool == result.SSH {
			add(c, nil, ours(c))
		} else {
			add(c, nil, command{})
		}
	}
	for i := range s.Peers {
		p := &s.Peers[i]
		if why := p.unfit(t, q, look); why != "" {
			skipped = append(skipped, result.Skipped{Tool: p.Name, Reason: why})
			continue
		}
		for _, c := range s.variants(p, base) {
			add(c, p, p.command(q, c.Cipher))
		}
	}
	return cases, skipped
}

// limitBytes is the least amount for which the path alone is worth a figure.
const limitBytes = 1 << 20

// limit is what the path carries at the most connections: by TCP, where the server's end is ours too, else by SSH from a file of zeros to
// /dev/null.
func (s *Spec) limit(t *Target, c result.Case) result.Case {
	for _, n := range s.Connections {
		c.Connections = max(c.Connections, n)
	}
	if t.raw != nil {
		c.Tool = result.TCP
		return c
	}
	c.Tool, c.Sessions, c.Cipher = result.SSH, s.Sessions[len(s.Sessions)-1], s.Ciphers[0]
	return c
}

// variants are a peer's settings: the cipher that ours uses, and none.
func (s *Spec) variants(p *Tool, c result.Case) (cases []result.Case) {
	c.Tool = p.Name
	if p.noCipher {
		return []result.Case{c}
	}
	for _, settings := range s.Settings {
		c.Settings = settings
		if settings == result.Defaults {
			c.Cipher = ""
			cases = append(cases, c)
			continue
		}
		for _, cipher := range s.Ciphers {
			if c.Cipher = cipher; cipher == "" {
				c.Cipher = s.SameCipher
			}
			cases = append(cases, c)
		}
	}
	return cases
}
