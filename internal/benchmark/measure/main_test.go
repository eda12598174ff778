package measure

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

// TestMain makes the test binary a command that the tests measure, where the environment says so.
func TestMain(m *testing.M) {
	if how := os.Getenv("MEASURE_HELPER"); how != "" {
		helper(strings.Fields(how))
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

// self is a command that runs helper.
func self(t *testing.T, how ...string) Command {
	exe, err := os.Executable()
	require.NoError(t, err)
	return Command{Args: []string{exe}, Env: append(os.Environ(), "MEASURE_HELPER="+strings.Join(how, " ")), Grace: time.Minute}
}

func helper(how []string) {
	switch how[0] {
	case "burn": // seconds of CPU
		seconds, _ := strconv.ParseFloat(how[1], 64)
		for used := 0.0; used < seconds; {
			var u syscall.Rusage
			_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
			used = time.Duration(u.Utime.Nano() + u.Stime.Nano()).Seconds()
		}
	case "leave": // a helper behind
		again(how[1:], false)
	case "daemon": // leave a helper behind in a session of its own
		again(how[1:], true)
	case "stubborn": // does not end at SIGTERM
		signal.Ignore(syscall.SIGTERM)
		if len(how) > 1 {
			again(how[1:], true)
		}
		fmt.Println(os.Getpid())
		time.Sleep(time.Hour)
	case "flood": // so many bytes, then END
		n, _ := strconv.Atoi(how[1])
		_, _ = os.Stdout.Write(bytes.Repeat([]byte("."), n))
		fmt.Print("END")
	case "size": // bytes of memory, for so long
		n, _ := strconv.Atoi(how[1])
		b, err := syscall.Mmap(-1, 0, n, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_PRIVATE|syscall.MAP_ANON) // unknown to the race detector
		if err != nil {
			panic(err)
		}
		for i := 0; i < n; i += 4096 {
			b[i] = 1
		}
		d, _ := time.ParseDuration(how[2])
		time.Sleep(d)
		fmt.Println(len(b))
	case "dial": // so many connections, for so long
		dial(how)
	}
}

func again(how []string, session bool) {
	for marked := false; !marked; { // so that what follows is known by its limits (Linux)
		text, err := os.ReadFile("/proc/self/limits")
		_, value, _ := strings.Cut(string(text), "Max file locks")
		marked = err != nil || !strings.HasPrefix(strings.TrimSpace(value), "unlimited")
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "MEASURE_HELPER="+strings.Join(how, " "))
	cmd.Stdout = os.Stdout
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: session}
	if err := cmd.Start(); err != nil {
		panic(err)
	}
}

func dial(how []string) {
	n, _ := strconv.Atoi(how[2])
	d, _ := time.ParseDuration(how[3])
	for range n {
		c, err := net.Dial("tcp", how[1])
		if err != nil {
			panic(err)
		}
		defer c.Close()
		fmt.Fprintln(c, "hello")
		_, _ = bufio.NewReader(c).ReadString('\n')
	}
	time.Sleep(d)
}

// echo sends a line back to each that connects, until the test ends, and keeps the connections until then.
func echo(t *testing.T, l net.Listener) {
	var all sync.WaitGroup
	ctx, cancel := context.WithCancel(t.Context())
	all.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() {
				defer c.Close()
				defer context.AfterFunc(ctx, func() { c.Close() })()
				line, _ := bufio.NewReader(c).ReadString('\n')
				_, _ = io.WriteString(c, line)
				<-ctx.Done()
			})
		}
	})
	t.Cleanup(func() { l.Close(); cancel(); all.Wait() })
}
