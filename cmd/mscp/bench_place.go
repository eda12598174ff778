package main

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"mscp/internal/benchmark"
	"mscp/internal/benchmark/result"
	"mscp/internal/endpoint"
	"mscp/internal/fsys"
	"mscp/internal/quote"
	"mscp/internal/units"
)

// destination is the argument: a server and a directory there.
type destination struct {
	endpoint.Endpoint
	dir string // as SFTP takes it
}

// parse ends all usage errors, before anything is made.
func (b *bench) parse(args []string) (spec benchmark.Spec, to *destination, err error) {
	if spec, err = b.spec(b.changed); err != nil {
		return spec, nil, err
	}
	if _, err := b.emulated(); err != nil {
		return spec, nil, err
	}
	if err := checkOutputs(b.outputs); err != nil {
		return spec, nil, err
	}
	for i, s := range b.servers {
		if slices.Contains(b.servers[:i], s) {
			return spec, nil, usage("--server names %s twice", s)
		}
		if s != benchmark.Embedded && s != benchmark.SSHD {
			return spec, nil, usage("--server %s: want embedded or sshd", s)
		}
	}
	if len(args) == 0 {
		return spec, nil, b.onlyWithServer()
	}
	e, err := endpoint.Parse(args[0])
	switch {
	case err != nil:
		return spec, nil, err
	case !e.Remote:
		return spec, nil, usage("%s is not a server: give [user@]host:directory, or nothing for this machine", quote.Name(args[0]))
	case b.link != "" || len(b.servers) > 0:
		return spec, nil, usage("--link and --server start servers on this machine: leave out host:directory")
	}
	if user, _, other := endpoint.OtherHome(e.Path); other {
		return spec, nil, usage("%s: write the directory in full: tools read %s in different ways", args[0], user)
	}
	if e.Port != 0 {
		b.port, e.Port = e.Port, 0
	}
	to = &destination{e, endpoint.Home(e.Path)}
	return spec, to, benchmark.CheckPath(to.dir)
}

// onlyWithServer refuses flags that would be of no effect.
func (b *bench) onlyWithServer() error {
	for _, name := range []string{"login", "port", "ssh-config", "ssh-option", "identity", "jump"} {
		if b.changed(name) {
			return usage("--%s needs a server, host:directory", name)
		}
	}
	return nil
}

// makeLocal makes the directories on this machine. One in memory is always needed, for keys and what tools keep.
func (b *bench) makeLocal(spec benchmark.Spec) error {
	b.local = make(map[string]benchmark.Store)
	parents := map[string]string{result.Memory: memoryDir()}
	if spec.Source == result.Disk || spec.Sink == result.Disk {
		parents[result.Disk] = b.dir
	}
	for kind, parent := range parents {
		if err := b.leftovers(parent); err != nil {
			return err
		}
		w, err := benchmark.NewWorkdir(parent)
		if err != nil {
			return err
		}
		b.local[kind] = w
		b.close = append(b.close, w.Close)
	}
	return nil
}

// memoryDir is a directory in memory, where the system has one of a useful size: containers often have 64 MiB.
func memoryDir() string {
	const shm, least = "/dev/shm", 256 << 20
	if space, err := fsys.NewLocal().Space(shm); err == nil && space.Available >= least {
		return shm
	}
	return os.TempDir()
}

// leftovers removes what runs that were killed have left, or offers it.
func (b *bench) leftovers(parent string) error {
	for _, dir := range benchmark.Leftovers(parent) {
		if !b.clean {
			b.show.Note(fmt.Sprintf("a killed benchmark left %s: --clean removes it", dir))
			continue
		}
		if err := benchmark.RemoveLeftover(dir); err != nil {
			return err
		}
		b.show.Note("removes " + dir + ", which a killed benchmark left")
	}
	return nil
}

// publicArgs are the command's arguments as a result may show them: what was measured and how, without directories, users and hosts.
func (b *bench) publicArgs(args []string) []string {
	public := []string{"mscp", "bench"}
	for _, g := range b.groups {
		if g.title == "SSH" || g.title == "Results" {
			continue
		}
		g.flags.VisitAll(func(f *pflag.Flag) {
			switch {
			case !b.changed(f.Name) || f.Name == "mscp" || f.Name == "local-dir" || f.Name == "clean":
			case f.Name == "peer":
				for _, p := range b.custom {
					name, _, _ := strings.Cut(p, "=")
					public = append(public, "--peer", name+"=...")
				}
			case f.Value.Type() == "bool": // takes no word after it
				public = append(public, "--"+f.Name+"="+f.Value.String())
			default:
				public = append(public, "--"+f.Name, strings.Trim(f.Value.String(), "[]"))
			}
		})
	}
	if len(args) > 0 {
		public = append(public, "host:directory")
	}
	return public
}

// spaceHint is for data that do not fit.
func spaceHint(e *benchmark.SpaceError) string {
	if e.Local {
		return "a smaller --size, or --source disk --sink disk with --local-dir DIR; " + units.Bytes(e.Free) + " are free"
	}
	return "a smaller --size, or another directory on the server"
}
