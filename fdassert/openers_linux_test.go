//go:build amd64 || arm64

package fdassert_test

import (
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/leakassert/leakassert/fdassert"
	"github.com/leakassert/leakassert/internal/faketb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// Under trace, every descriptor that a reachable object holds has the call that opened it, and
// nothing else. Where a body makes two objects with one number, [create] and [listenHere] make the
// one that no longer has the descriptor.
func TestTraceNamesTheOpener(t *testing.T) {
	t.Setenv("LEAKTEST", "trace")
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	require.NoError(t, os.WriteFile(in("here"), nil, 0o600))
	require.NoError(t, os.Mkdir(in("folder"), 0o700))
	var open []io.Closer
	closeAll := func() {
		for _, c := range open {
			c.Close()
		}
		open = nil
	}
	leak := func(c io.Closer, err error) {
		require.NoError(t, err)
		open = append(open, c)
	}
	file := func(number int, err error) {
		require.NoError(t, err)
		leak(os.NewFile(uintptr(number), "a number"), nil)
	}
	listener := func() *net.TCPListener {
		l, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
		require.NoError(t, err)
		return l
	}
	closeBehind := func(c syscall.Conn) {
		kept = append(kept, c)
		conn, err := c.SyscallConn()
		require.NoError(t, err)
		require.NoError(t, conn.Control(func(number uintptr) { syscall.Close(int(number)) }))
	}
	for _, c := range []struct {
		why   string
		leaks int
		body  func()
	}{
		{"a folder that is read", 1, func() {
			f, err := os.Open(dir)
			require.NoError(t, err)
			_, err = f.ReadDir(-1)
			leak(f, err)
		}},
		{"a file that is removed", 1, func() {
			f, err := os.CreateTemp(dir, "")
			require.NoError(t, err)
			leak(f, os.Remove(f.Name()))
		}},
		{"a file that is written and then renamed", 1, func() {
			f, err := os.CreateTemp(dir, "")
			require.NoError(t, err)
			leak(f, os.Rename(f.Name(), in("written")))
		}},
		{"by a relative name, from a folder that is left", 2, func() {
			t.Chdir(dir) // it keeps the folder open that it will go back to
			f, err := os.Create("relative")
			leak(f, err)
		}},
		{"by the number of another descriptor", 1, func() {
			f := create(t, in("numbered"))
			again, err := os.Open(fmt.Sprint("/proc/self/fd/", f.Fd()))
			f.Close()
			leak(again, err)
		}},
		{"a named pipe", 1, func() {
			require.NoError(t, syscall.Mkfifo(in("fifo"), 0o600))
			f, err := os.OpenFile(in("fifo"), os.O_RDWR, 0)
			leak(f, err)
		}},
		{"in a root", 1, func() {
			f, err := os.OpenInRoot(dir, "here")
			leak(f, err)
		}},
		{"a root in a root", 1, func() {
			root, err := os.OpenRoot(dir)
			require.NoError(t, err)
			defer root.Close()
			sub, err := root.OpenRoot("folder")
			leak(sub, err)
		}},
		{"a pipe", 2, func() {
			r, w, err := os.Pipe()
			leak(r, err)
			leak(w, nil)
		}},
		{"both ends of a connection, and its listener", 3, func() {
			l, err := net.Listen("tcp", "localhost:0")
			leak(l, err)
			c, err := net.Dial("tcp", l.Addr().String())
			leak(c, err)
			c, err = l.Accept()
			leak(c, err)
		}},
		{"the same of a socket with a path", 3, func() {
			l, err := net.Listen("unix", in("socket"))
			leak(l, err)
			c, err := net.Dial("unix", in("socket"))
			leak(c, err)
			c, err = l.Accept()
			leak(c, err)
		}},
		{"a socket for datagrams", 1, func() {
			c, err := net.ListenPacket("udp", "127.0.0.1:0")
			leak(c, err)
		}},
		{"a connection for datagrams", 1, func() {
			c, err := net.Dial("udp", "127.0.0.1:9")
			leak(c, err)
		}},
		{"a copy of a listener", 2, func() {
			l := listener()
			leak(l, nil)
			f, err := l.File()
			leak(f, err)
		}},
		{"a listener of a copy", 1, func() {
			l := listener()
			defer l.Close()
			f, err := l.File()
			require.NoError(t, err)
			defer f.Close()
			again, err := net.FileListener(f)
			leak(again, err)
		}},
		{"only a raw connection is kept", 1, func() {
			l := listener()
			conn, err := l.SyscallConn()
			kept = append(kept, conn)
			leak(l, err)
		}},
		{"a pair of sockets", 2, func() {
			pair, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
			file(pair[0], err)
			file(pair[1], nil)
		}},
		{"a connection of one of a pair of sockets", 1, func() {
			pair, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_DGRAM, 0)
			require.NoError(t, err)
			syscall.Close(pair[1])
			f := os.NewFile(uintptr(pair[0]), "")
			defer f.Close()
			c, err := net.FilePacketConn(f)
			leak(c, err)
		}},
		{"inotify", 1, func() { file(unix.InotifyInit1(unix.IN_NONBLOCK)) }},
		{"a memfd", 1, func() { file(unix.MemfdCreate("memory", 0)) }},
		{"an eventfd", 1, func() { file(unix.Eventfd(0, 0)) }},
		{"a timerfd", 1, func() { file(unix.TimerfdCreate(unix.CLOCK_MONOTONIC, 0)) }},
		{"an epoll", 1, func() { file(unix.EpollCreate1(0)) }},
		{"a pidfd", 1, func() { file(unix.PidfdOpen(os.Getpid(), 0)) }},
		{"a process that is found", 1, func() {
			p, err := os.FindProcess(os.Getpid())
			leak(release{p}, err)
		}},
		{"a command, and its pipes", 4, func() {
			c := exec.Command("sleep", "60")
			_, err := c.StdinPipe()
			require.NoError(t, err)
			_, err = c.StdoutPipe()
			require.NoError(t, err)
			_, err = c.StderrPipe()
			require.NoError(t, err)
			leak(command{c}, c.Start())
		}},
		{"a file under the number of one that was closed behind its back", 1, func() {
			closeBehind(create(t, in("innocent")))
			f, err := os.Open(in("here"))
			leak(f, err)
		}},
		{"a socket under the number of a file that was closed behind its back", 1, func() {
			closeBehind(create(t, in("innocent")))
			leak(net.Listen("tcp", "127.0.0.1:0"))
		}},
		{"a socket under the number of one that was closed behind its back", 1, func() {
			closeBehind(listenHere(t).(*net.TCPListener))
			leak(net.Listen("unix", in("other socket")))
		}},
		{"a pipe under the number of a socket that was closed behind its back, and of which there is a copy", 2, func() {
			l := listenHere(t).(*net.TCPListener)
			f, err := l.File()
			require.NoError(t, err)
			defer f.Close()
			closeBehind(l)
			r, w, err := os.Pipe()
			leak(r, err)
			leak(w, nil)
		}},
		{"a file under the number of earlier tests' files", 1, func() {
			f, err := os.Open(os.DevNull)
			leak(f, err)
		}},
		{"two objects with the number of one file", 1, func() {
			f, err := os.Open(in("here"))
			leak(f, err)
			kept = append(kept, os.NewFile(f.Fd(), "second"))
		}},
	} {
		var report string
		for try := range 3 { // on a loaded machine one was once told with two candidates: no line is wrong then
			if try > 0 {
				closeAll()
			}
			f := faketb.New("T")
			assert.False(t, fdassert.NoLeak(f, c.body, soon), c.why)
			if report = f.Errors(); strings.Count(report, "opened  ") == c.leaks {
				break
			}
			t.Log(c.why, report)
		}
		assert.Equal(t, c.leaks, strings.Count(report, "opened  "), "%s:\n%s", c.why, report)
		assert.Equal(t, c.leaks, strings.Count(report, "opened      fdassert_test.TestTraceNamesTheOpener.func"), "%s:\n%s", c.why, report)
		assert.NotContains(t, report, "candidate  ", c.why)
		assert.NotContains(t, report, "opener  ", c.why)
		closeAll()
	}
}

// release closes a process that nobody waits for.
type release struct{ *os.Process }

func (r release) Close() error { return r.Release() }

type command struct{ *exec.Cmd }

func (c command) Close() error {
	if err := c.Process.Kill(); err != nil {
		return err
	}
	c.Wait()
	return nil
}
