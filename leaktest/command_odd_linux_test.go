package leaktest_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/leakassert/leakassert/internal/faketb"
	"github.com/leakassert/leakassert/leaktest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var (
	oddProgram      = buildProgram("odd")
	aloneOddProgram = buildProgram("odd", "-tags=alone")
)

// play runs a program until it is ready, takes a snapshot, has it do what it does, and ends the test.
func play(t *testing.T, name string, args ...string) *faketb.TB {
	t.Helper()
	f, panicked := faketb.Run("TestOdd", func(f *faketb.TB) {
		cmd := exec.Command(name, args...)
		in, err := cmd.StdinPipe()
		require.NoError(t, err)
		out, err := cmd.StdoutPipe()
		require.NoError(t, err)
		p := leaktest.Command(f, cmd)
		for lines := bufio.NewReader(out); ; {
			line, err := lines.ReadString('\n')
			require.NoError(t, err)
			if line == "done\n" {
				return
			}
			p.Begin()
			_, err = fmt.Fprintln(in)
			require.NoError(t, err)
		}
	})
	require.Nil(t, panicked)
	return f
}

// A program that does odd things with the pipes is judged without its goroutines, and the report says
// so.
func TestCommandOddPipes(t *testing.T) {
	t.Parallel()
	file, err := oddProgram()
	require.NoError(t, err)
	for how, want := range map[string]string{
		"closes":  "note: goroutine: not checked: the program has closed the pipe to the test, or executed another program in its place",
		"execs":   "note: goroutine: not checked: the program has closed the pipe to the test, or executed another program in its place",
		"talks":   `note: goroutine: not checked: the program answers "\x1b[31m\x1b[31m`,
		"lies":    `note: goroutine: not checked: the program answers "stacks 1000000000000\n"`,
		"nothing": "note: goroutine: not checked: the program has sent no stacks",
	} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			f := play(t, file, how)
			assert.Contains(t, f.Errors(), want)
			assert.Equal(t, 1, strings.Count(f.Errors(), "\n")+1, f.Errors())
		})
	}
}

func TestCommandEnds(t *testing.T) {
	t.Parallel()
	file, err := oddProgram()
	require.NoError(t, err)
	for how, want := range map[string]string{
		"well":  "",
		"fails": "", // many programs end so on a signal
		"panics": "TestOdd: program odd has ended when it was asked to: exit status 2\nits standard error:\n" +
			"    panic: runtime error: invalid memory address or nil pointer dereference\n",
		"aborts": "TestOdd: program odd has ended when it was asked to: exit status 2\nits standard error:\n    SIGABRT: abort\n",
	} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			f := play(t, file, how)
			if want == "" {
				assert.Empty(t, f.Errors())
			}
			assert.Contains(t, f.Errors(), want)
			assert.Empty(t, f.Logs())
		})
	}
}

// A program may end by itself, also while it is judged.
func TestCommandThatEndsItself(t *testing.T) {
	t.Parallel()
	for name, build := range map[string]func() (string, error){"with child": oddProgram, "alone": aloneOddProgram} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file, err := build()
			require.NoError(t, err)
			f := play(t, file, "ends")
			assert.Empty(t, f.Errors())
			assert.NotContains(t, f.Logs(), "not checked")
		})
	}
	t.Run("before", func(t *testing.T) {
		t.Parallel()
		f, _ := faketb.Run("TestOdd", func(f *faketb.TB) {
			p := leaktest.Command(f, exec.Command("true"))
			<-p.Ended()
		})
		assert.Empty(t, f.Errors())
		assert.Equal(t, "note: true had ended before Stop: what it held can't be seen", f.Logs())
	})
}

// A program that is stopped can't answer or end.
func TestCommandThatIsStopped(t *testing.T) {
	t.Parallel()
	file, err := oddProgram()
	require.NoError(t, err)
	f, _ := faketb.Run("TestOdd", func(f *faketb.TB) {
		cmd, out := exec.Command(file, "well"), new(strings.Builder)
		cmd.Stdout, cmd.Stdin, cmd.WaitDelay = out, strings.NewReader("\n"), 10*time.Millisecond
		p := leaktest.Command(f, cmd)
		p.Begin()
		require.NoError(t, cmd.Process.Signal(syscall.SIGSTOP))
		stat := fmt.Sprintf("/proc/%d/stat", cmd.Process.Pid)
		require.Eventually(t, func() bool {
			text, err := os.ReadFile(stat)
			return err == nil && strings.Contains(string(text), ") T ")
		}, time.Minute, time.Millisecond)
		p.Stop()
	})
	assert.Equal(t, `TestOdd: program odd does not stop

process    +1  PIDS odd  still runs 10ms after SIGTERM, stopped as by SIGSTOP  killed

note: goroutine: not checked: the program is stopped, as by SIGSTOP, and does not answer
+ open at the end, not at Begin`, fixed(f.Errors()))
}

// A crash is found, too, if the test waits for the program and so takes its exit status.
func TestCommandThatIsWaitedFor(t *testing.T) {
	t.Parallel()
	f, _ := faketb.Run("TestOdd", func(f *faketb.TB) {
		cmd := exec.Command("sh", "-c", "read line; exit 3")
		in, err := cmd.StdinPipe()
		require.NoError(t, err)
		p := leaktest.Command(f, cmd)
		waited := make(chan error)
		go func() { waited <- cmd.Wait() }()
		require.NoError(t, in.Close())
		<-p.Ended()
		<-waited
	})
	assert.Regexp(t, `program sh has ended before it was asked to: (exit status 3|its exit status is lost: .*: do not call cmd\.Wait)`, f.Errors())
}

// The end of a context ends the program, as late as cmd says.
func TestCommandOfAContext(t *testing.T) {
	t.Parallel()
	f, _ := faketb.Run("TestOdd", func(f *faketb.TB) {
		ctx, cancel := context.WithCancel(t.Context())
		cmd := exec.CommandContext(ctx, "sh", "-c", "trap '' TERM; echo; while :; do sleep 3600; done")
		cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
		cmd.WaitDelay = 10 * time.Millisecond
		out, err := cmd.StdoutPipe()
		require.NoError(t, err)
		p := leaktest.Command(f, cmd)
		_, err = bufio.NewReader(out).ReadString('\n')
		require.NoError(t, err)
		cancel()
		<-p.Ended()
	})
	assert.Contains(t, f.Errors(), "sleep 3600  still runs after the program")
	assert.Contains(t, f.Errors(), "note: the context of cmd has ended sh before Stop: what it held can't be seen")
}

// What Go's runtime opens for itself is no leak, nor is a log in place of another one.
func TestCommandKeepsForItself(t *testing.T) {
	t.Parallel()
	for name, build := range map[string]func() (string, error){"with child": oddProgram, "alone": aloneOddProgram} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file, err := build()
			require.NoError(t, err)
			notes := func(f *faketb.TB) string {
				assert.Empty(t, f.Errors())
				var kept []string
				for line := range strings.Lines(f.Logs()) {
					if !strings.HasPrefix(line, "note: goroutines of odd are not seen") {
						kept = append(kept, strings.TrimSpace(line))
					}
				}
				return strings.Join(kept, "\n")
			}
			assert.Empty(t, notes(play(t, file, "opens")))
			assert.Equal(t, "note: fd: not reported: 2 ends of pipes, as Go's runtime keeps them to copy between connections", notes(play(t, file, "splices")))
			log := filepath.Join(t.TempDir(), "log")
			assert.Regexp(t, `^note: fd: not reported: new in place of what was open before: \d+ `+log+` O_RDWR$`, notes(play(t, file, "rotates", log)))
		})
	}
}

// A program below the one that was started is not taken for it.
func TestCommandOfAWrapper(t *testing.T) {
	t.Parallel()
	file, err := oddProgram()
	require.NoError(t, err)
	f := play(t, "sh", "-c", file+" well; exit 0")
	assert.Regexp(t, `^note: goroutines of sh are not seen: process \d+ answers, which the program has started: start that one itself, without a shell or go run$`, lastLine(f.Errors()+f.Logs()))
}

func lastLine(text string) string {
	lines := strings.Split(text, "\n")
	for _, l := range lines {
		if strings.HasPrefix(l, "note: goroutines") {
			return l
		}
	}
	return text
}
