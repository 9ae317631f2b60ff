package leaktest_test

import (
	"bufio"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/leakassert/leakassert/internal/faketb"
	"github.com/leakassert/leakassert/leaktest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

// buildProgram returns a function that builds a program below testdata once.
func buildProgram(pkg string, flags ...string) func() (string, error) {
	return sync.OnceValues(func() (string, error) {
		dir, err := binariesDir()
		if err != nil {
			return "", err
		}
		file := filepath.Join(dir, strings.Join(append([]string{"main"}, flags...), ""), pkg)
		out, err := exec.Command("go", append(append([]string{"build", "-o", file}, flags...), "./testdata/"+pkg)...).CombinedOutput()
		if err != nil {
			return "", errors.New(string(out))
		}
		return file, nil
	})
}

var (
	server      = buildProgram("server")
	aloneServer = buildProgram("server", "-tags=alone") // does not import leaktest/child
)

// A client sends requests to a server, each over a connection of its own.
type client struct {
	t    *testing.T
	base string
	http http.Client
}

// serve starts the program for the test f, and returns when it listens.
func serve(t *testing.T, f leaktest.TB, build func() (string, error), args []string, opts ...leaktest.Option) (*leaktest.Process, *client) {
	t.Helper()
	file, err := build()
	require.NoError(t, err)
	cmd := exec.Command(file, args...)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	p := leaktest.Command(f, cmd, opts...)
	addr, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	return p, &client{t, "http://" + strings.TrimSpace(addr), http.Client{Transport: &http.Transport{DisableKeepAlives: true}}}
}

func (c *client) get(paths ...string) {
	c.t.Helper()
	for _, path := range paths {
		resp, err := c.http.Get(c.base + path)
		require.NoError(c.t, err)
		_, _ = io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		require.Equal(c.t, http.StatusOK, resp.StatusCode)
	}
}

// changing is what differs from run to run.
var changing = []struct {
	is *regexp.Regexp
	to string
}{
	{regexp.MustCompile(`(process +\+\d+  )\d+(, \d+)*`), "${1}PIDS"},
	{regexp.MustCompile(`/tmp/\S+/`), "DIR/"},
	{regexp.MustCompile(`(fd +\+\d+  )\d+(, \d+)*`), "${1}NUMS"},
	{regexp.MustCompile(`settled for [0-9.]+m?s`), "settled"}, // a place that is known waits less
	{regexp.MustCompile(`(detail +process )\d+`), "${1}PID"},
	{regexp.MustCompile(`goroutine \d+`), "goroutine N"},
}

func fixed(text string) string {
	for _, c := range changing {
		text = c.is.ReplaceAllString(text, c.to)
	}
	return text
}

// judged runs the server for a fake test with some requests, and returns what the test says.
func judged(t *testing.T, build func() (string, error), requests []string, opts ...leaktest.Option) *faketb.TB {
	t.Helper()
	f, panicked := faketb.Run("TestServer", func(f *faketb.TB) {
		p, c := serve(t, f, build, nil, opts...)
		c.get("/ok")
		p.Begin()
		c.get(requests...)
	})
	require.Nil(t, panicked)
	return f
}

func TestCommandReports(t *testing.T) {
	t.Parallel()
	log := "/file?path=" + url.QueryEscape(filepath.Join(t.TempDir(), "access.log"))
	for _, c := range []struct {
		name     string
		requests []string
	}{
		{"goroutine", []string{"/goroutine", "/goroutine"}},
		{"file", []string{log, log}},
		{"zombie", []string{"/zombie", "/zombie"}},
		{"process", []string{"/process", "/daemon"}},
		{"all", []string{"/goroutine", log, "/zombie", "/process"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := judged(t, server, c.requests)
			golden(t, "command/"+c.name, fixed(f.Errors()))
			assert.Empty(t, f.Logs())
		})
	}
}

// README.md shows what a test says.
func TestCommandReadme(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../README.md")
	require.NoError(t, err)
	_, block, _ := strings.Cut(string(page), "```text program\n")
	block, _, _ = strings.Cut(block, "\n```")
	log := "/file?path=" + url.QueryEscape(filepath.Join(t.TempDir(), "access.log"))
	f := judged(t, server, []string{"/goroutine", log, "/daemon"})
	assert.Equal(t, fixed(block), fixed(f.Errors()))
}

// The same server without leaks passes, and so do requests over connections that stay idle.
func TestCommandPasses(t *testing.T) {
	t.Parallel()
	f := judged(t, server, []string{"/ok", "/ok", "/list", "/ok"})
	assert.Empty(t, f.Errors())
	assert.Empty(t, f.Logs())

	f, _ = faketb.Run("TestServer", func(f *faketb.TB) {
		idle := &http.Transport{}
		p, c := serve(t, f, server, nil, leaktest.Idle(idle.CloseIdleConnections))
		p.Begin()
		c.http.Transport = idle
		c.get("/ok")
		c.http.Transport = http.DefaultTransport
		c.get("/ok")
		p.Stop()
	})
	assert.Empty(t, f.Errors())
}

// Without package child only goroutines are not seen, and one line says so.
func TestCommandWithoutChild(t *testing.T) {
	t.Parallel()
	f := judged(t, aloneServer, []string{"/ok", "/goroutine"})
	assert.Empty(t, f.Errors())
	assert.Equal(t, `note: goroutines of server are not seen: it does not import leaktest/child: add import _ "github.com/leakassert/leakassert/leaktest/child" to it`, f.Logs())

	f = judged(t, aloneServer, []string{"/file?path=" + url.QueryEscape(filepath.Join(t.TempDir(), "access.log"))})
	assert.Contains(t, fixed(f.Errors()), "TestServer: program server leaked (settled): 1 descriptor\n")
}

// Without Begin nothing is compared, but what the program leaves is found.
func TestCommandWithoutBegin(t *testing.T) {
	t.Parallel()
	f, _ := faketb.Run("TestServer", func(f *faketb.TB) {
		_, c := serve(t, f, server, nil)
		c.get("/goroutine", "/process")
	})
	assert.Contains(t, fixed(f.Errors()), "program server leaked (settled): 1 process\n")
	assert.Contains(t, f.Errors(), "\nnote: descriptors and goroutines of server are not compared: call Begin when it is ready\n")
}

func TestCommandThatStays(t *testing.T) {
	t.Parallel()
	for name, build := range map[string]func() (string, error){"stays": server, "staysalone": aloneServer} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file, err := build()
			require.NoError(t, err)
			f, _ := faketb.Run("TestServer", func(f *faketb.TB) {
				cmd := exec.Command(file, "-stays")
				cmd.WaitDelay = 100 * time.Millisecond
				out, err := cmd.StdoutPipe()
				require.NoError(t, err)
				p := leaktest.Command(f, cmd)
				_, err = bufio.NewReader(out).ReadString('\n')
				require.NoError(t, err)
				p.Begin()
				p.Stop()
				assert.False(t, alive(cmd.Process.Pid))
			})
			assert.Contains(t, f.Errors(), "TestServer: program server does not stop\n")
			assert.Regexp(t, `process    \+1  \d+ server  still runs 100ms after SIGTERM  killed\n`, f.Errors())
			assert.NotContains(t, f.Errors(), "leaktest/child.")
			assert.Regexp(t, `goroutine +IO wait +main\.main +leaktest/testdata/server/main\.go:\d+\n`, f.Errors())
		})
	}
}

func TestCommandThatCrashes(t *testing.T) {
	t.Parallel()
	for name, path := range map[string]string{"crash": "/crash", "exit": "/exit"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, _ := faketb.Run("TestServer", func(f *faketb.TB) {
				p, c := serve(t, f, server, nil)
				p.Begin()
				_, err := c.http.Get(c.base + path)
				require.Error(t, err)
				<-p.Ended()
			})
			text, _, _ := strings.Cut(f.Errors(), "\n    main.main.") // where Go's versions differ
			golden(t, "command/"+name, fixed(text))
			assert.Contains(t, f.Logs(), "note: server had ended before Stop: what it held can't be seen")
		})
	}
}

// A test that has failed gets no report on top, but the crash that may be why.
func TestCommandOfAFailedTest(t *testing.T) {
	t.Parallel()
	f, _ := faketb.Run("TestServer", func(f *faketb.TB) {
		p, c := serve(t, f, server, nil)
		p.Begin()
		c.get("/goroutine", "/process")
		f.Errorf("wrong price")
	})
	assert.Equal(t, "wrong price", f.Errors())

	f, _ = faketb.Run("TestServer", func(f *faketb.TB) {
		p, c := serve(t, f, server, nil)
		_, err := c.http.Get(c.base + "/exit")
		require.Error(t, err)
		f.Errorf("%v", io.ErrUnexpectedEOF)
		<-p.Ended()
	})
	assert.Equal(t, "unexpected EOF\nTestServer: program server has ended before it was asked to: exit status 3", f.Errors())
}

// alive reports whether a process runs.
func alive(pid int) bool {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	return err == nil && !strings.Contains(string(text), ") Z ")
}

// Programs that are not Go's are judged, too. Nothing of them is left, wherever it has gone.
func TestCommandOfAShell(t *testing.T) {
	t.Parallel()
	var left int
	f, _ := faketb.Run("TestShell", func(f *faketb.TB) {
		cmd := exec.Command("sh", "-c", "setsid sleep 3600 >&2 & echo $!; exec sleep 3600")
		out, err := cmd.StdoutPipe()
		require.NoError(t, err)
		p := leaktest.Command(f, cmd)
		line, err := bufio.NewReader(out).ReadString('\n')
		require.NoError(t, err)
		left, err = strconv.Atoi(strings.TrimSpace(line))
		require.NoError(t, err)
		p.Begin()
	})
	assert.Regexp(t, `^TestShell: program sh leaked \(settled\): 1 process\n\nprocess    \+1  PIDS sleep 3600  still runs after the program\n`, fixed(f.Errors()))
	assert.Empty(t, f.Logs())
	assert.False(t, alive(left))

	f, _ = faketb.Run("TestSleep", func(f *faketb.TB) { leaktest.Command(f, exec.Command("sleep", "3600")).Begin() })
	assert.Empty(t, f.Errors())
	assert.Empty(t, f.Logs())

	f, _ = faketb.Run("TestShell", func(f *faketb.TB) {
		cmd := exec.Command("sh", "-c", "trap '' TERM; echo; while :; do sleep 3600; done")
		cmd.WaitDelay = 100 * time.Millisecond
		out, err := cmd.StdoutPipe()
		require.NoError(t, err)
		leaktest.Command(f, cmd)
		_, err = bufio.NewReader(out).ReadString('\n')
		require.NoError(t, err)
	})
	assert.Regexp(t, `\d+ sh  still runs 100ms after SIGTERM  killed\n`, f.Errors())
	assert.NotContains(t, f.Errors(), "goroutine ")
}

func TestCommandOptions(t *testing.T) {
	t.Parallel()
	log := "/file?path=" + url.QueryEscape(filepath.Join(t.TempDir(), "access.log"))
	all := []string{"/goroutine", log, "/daemon"}
	for _, c := range []struct {
		why  string
		opts []leaktest.Option
		want string // the summary
	}{
		{"a function", []leaktest.Option{leaktest.IgnoreFunc("main.wait")}, "1 descriptor, 1 process"},
		{"a creator", []leaktest.Option{leaktest.IgnoreCreatedBy("main.main.func3"), leaktest.IgnoreCreatedBy("main.main...")}, "1 descriptor, 1 process"},
		{"a process", []leaktest.Option{leaktest.Ignore(func(l leaktest.Leak) bool {
			return l.Kind == leaktest.KindProcess && strings.HasPrefix(l.Columns[0], "sleep ")
		})}, "1 goroutine, 1 descriptor"},
		{"one kind", []leaktest.Option{leaktest.Only(leaktest.KindProcess)}, "1 process"},
		{"two kinds", []leaktest.Option{leaktest.Only(leaktest.KindFD, leaktest.KindGoroutine)}, "1 goroutine, 1 descriptor"},
	} {
		t.Run(c.why, func(t *testing.T) {
			t.Parallel()
			f := judged(t, server, all, c.opts...)
			assert.Contains(t, fixed(f.Errors()), "leaked (settled): "+c.want+"\n")
		})
	}
}

func TestCommandWrongUse(t *testing.T) {
	t.Parallel()
	started := exec.Command("true")
	require.NoError(t, started.Run())
	for want, call := range map[string]func(f *faketb.TB){
		`leaktest: Command: cmd is nil: pass the program to run, exec.Command("./server")`: func(f *faketb.TB) { leaktest.Command(f, nil) },
		`leaktest: Command: /no/where: it does not start: fork/exec /no/where: no such file or directory`: func(f *faketb.TB) {
			leaktest.Command(f, exec.Command("/no/where"))
		},
		"leaktest: Command: " + started.Path + ": it was started already: pass a Cmd that was not": func(f *faketb.TB) { leaktest.Command(f, started) },
		`leaktest: Command: another process does not show this kind: heap: leave its option out`: func(f *faketb.TB) {
			leaktest.Command(f, exec.Command("true"), leaktest.Heap())
		},
		`leaktest: Command: leaktest.Goroutines(…) decides about goroutines of the test's process only: use IgnoreFunc and IgnoreCreatedBy`: func(f *faketb.TB) {
			leaktest.Command(f, exec.Command("true"), leaktest.Goroutines(goleak.IgnoreTopFunction("x.f")))
		},
		`leaktest: Only("process"): this check does not watch this kind; it watches goroutine, fd`: func(f *faketb.TB) {
			leaktest.Check(f, leaktest.Only(leaktest.KindProcess))
		},
	} {
		f, _ := faketb.Run("TestServer", call)
		assert.Equal(t, want, f.Errors())
	}
	var none *leaktest.Process = leaktest.Command(nil, exec.Command("true"))
	none.Begin()
	none.Stop()
	assert.Nil(t, none.Ended())
}

// A program that was asked to end by the end of its context is judged all the same.
func TestCommandContext(t *testing.T) {
	t.Parallel()
	file, err := server()
	require.NoError(t, err)
	var out string
	f, _ := faketb.Run("TestServer", func(f *faketb.TB) {
		cmd := exec.CommandContext(f.Context(), file)
		stdout, err := cmd.StdoutPipe()
		require.NoError(t, err)
		p := leaktest.Command(f, cmd)
		out, err = bufio.NewReader(stdout).ReadString('\n')
		require.NoError(t, err)
		p.Begin()
		c := &client{t: t, base: "http://" + strings.TrimSpace(out)}
		c.get("/goroutine")
	})
	assert.Contains(t, fixed(f.Errors()), "program server leaked (settled): 1 goroutine\n")
}

// What the program writes still arrives, and one signal of choice ends it.
func TestCommandStopsBySignal(t *testing.T) {
	t.Parallel()
	f, _ := faketb.Run("TestServer", func(f *faketb.TB) {
		var text strings.Builder
		cmd := exec.Command("sh", "-c", "echo out; echo err >&2; exec sleep 3600")
		cmd.Stdout, cmd.Stderr = &text, &text
		p := leaktest.Command(f, cmd)
		p.Stop(syscall.SIGINT)
		<-p.Ended()
		assert.Equal(t, "signal: interrupt", cmd.ProcessState.String())
	})
	assert.Empty(t, f.Errors())
}
