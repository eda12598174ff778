package measure

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"syscall"
	"time"
)

const (
	firstLook = 20 * time.Millisecond  // after the start
	interval  = 50 * time.Millisecond  // between looks, at least
	share     = 200                    // looking takes at most one part of the time in so many
	poll      = 100 * time.Millisecond // between looks for the end of what is left behind, at most
	unkilled  = 10 * time.Second       // what has not ended so long after SIGKILL (in a dead file system) is not waited for
)

// run is a command under way. Its methods are called by one goroutine.
type run struct {
	Command
	watch *watch
	tree  *tree
	files streams
	began time.Time
	ended chan end
	end   end
}

// end is how a process ended, and when.
type end struct {
	at    time.Time
	state *os.ProcessState
}

func (r *run) start() error {
	if len(r.Args) == 0 {
		return errors.New("no command")
	}
	cmd := exec.Command(r.Args[0], r.Args[1:]...)
	cmd.Dir = r.Dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // no Pdeathsig: it is sent when the thread that forked ends, not the process
	r.tree = newTree()
	cmd.Env = append(r.Env, r.tree.variable())
	if r.Env == nil {
		cmd.Env = append(os.Environ(), r.tree.variable())
	}
	if err := r.files.open(cmd, r.Stdin); err != nil {
		return err
	}
	r.began = time.Now()
	start := r.Start
	if start == nil {
		start = (*exec.Cmd).Start
	}
	err := start(cmd)
	r.files.started(err == nil)
	if err != nil {
		r.files.finish(0)
		return err
	}
	r.tree.started(cmd.Process)
	r.ended = make(chan end, 1)
	go func() {
		_ = cmd.Wait() // the error is in the state
		r.ended <- end{time.Now(), cmd.ProcessState}
	}()
	return nil
}

// follow looks at the command until it has ended, and ends it when ctx does; the error is then why.
func (r *run) follow(ctx context.Context) (stopped error) {
	stop := ctx.Done()
	var kill <-chan time.Time
	look := time.NewTimer(firstLook)
	defer look.Stop()
	for {
		select {
		case r.end = <-r.ended:
			r.watch.look() // sockets outlive their process for a moment
			return stopped
		case <-stop:
			stop, stopped = nil, context.Cause(ctx)
			r.tree.signal(syscall.SIGTERM)
			kill = time.After(r.Grace)
		case <-kill:
			r.tree.signal(syscall.SIGKILL)
			kill = time.After(interval) // for what was forked meanwhile
		case <-look.C:
			t := time.Now()
			r.tree.look()
			r.watch.look()
			look.Reset(max(interval, share*time.Since(t)))
		}
	}
}

// settle waits for what the command left behind: for a grace, then with SIGTERM, after another grace with SIGKILL.
func (r *run) settle(ctx context.Context, stopped bool) {
	r.tree.ended()
	term := time.Now().Add(r.Grace)
	kill := term.Add(r.Grace)
	if stopped { // SIGTERM it has had
		term, kill = time.Time{}, time.Now().Add(r.Grace)
	}
	asked := stopped
	for pause := time.Millisecond; r.tree.reap() > 0 && time.Since(kill) < unkilled; pause = min(2*pause, poll) {
		switch now := time.Now(); {
		case now.After(kill):
			r.tree.signal(syscall.SIGKILL)
		case !asked && (now.After(term) || ctx.Err() != nil):
			asked, kill = true, now.Add(r.Grace)
			r.tree.signal(syscall.SIGTERM)
		}
		time.Sleep(pause)
	}
	r.files.finish(r.Grace)
}

func (r *run) usage() Usage {
	user, system, peak := r.tree.cost(r.end.state)
	u := Usage{
		Seconds: r.end.at.Sub(r.began).Seconds(),
		User:    user.Seconds(), System: system.Seconds(), PeakRSS: peak,
		Stdout: r.files.stdout.bytes(), Stderr: r.files.stderr.bytes(),
	}
	r.watch.sum(&u)
	return u
}
