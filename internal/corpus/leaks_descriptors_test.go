//go:build linux

package corpus

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// descriptorLeaks are judged with fdassert.Check. With LEAKTEST=trace the report must
// also name the function that has opened the descriptor.
var descriptorLeaks = []leak{
	{name: "file held", run: fdFile, names: []string{"held.txt"}, opener: "corpus.fdFile"},
	{name: "file forgotten", run: fdForgotten, names: []string{"forgotten"}},
	{name: "directory", run: fdDirectory, names: []string{"corpus"}, opener: "corpus.fdDirectory"},
	{name: "root", run: fdRoot, names: []string{"corpus"}},
	{name: "pipe", run: fdPipe, names: []string{"2 descriptors", "pipe"}, opener: "corpus.fdPipe"},
	{name: "connection", run: fdConn, names: []string{"2 descriptors", "ESTABLISHED"}, opener: "corpus.fdConn"},
	{name: "listener", run: fdListener, names: []string{"LISTEN"}, opener: "corpus.local"},
	{name: "UDP", run: fdUDP, names: []string{"udp"}, opener: "corpus.fdUDP"},
	{name: "unix socket", run: fdUnix, names: []string{"here.sock"}, opener: "corpus.fdUnix"},
	{name: "inotify", run: fdInotify, names: []string{"inotify"}},
	{name: "memfd", run: fdMemfd, names: []string{"memfd:scratch"}},
	{name: "epoll", run: fdEpoll, names: []string{"epoll"}},
	{name: "eventfd", run: fdEventfd, names: []string{"eventfd"}},
	{name: "timerfd", run: fdTimerfd, names: []string{"timerfd"}},
	{name: "exec pipe", run: fdExecPipe, names: []string{"pipe"}, opener: "corpus.fdExecPipe"},
	{name: "process", run: fdProcess, names: []string{"pidfd"}},
	{name: "duplicate", run: fdDup, names: []string{"held.txt"}},
	{name: "number used again", run: fdReplaced, names: []string{"second.txt"}, opener: "corpus.fdReplaced"},
}

func fdFile(t testing.TB) func() {
	f := got(os.Create(filepath.Join(t.TempDir(), "held.txt")))(t)
	return func() { f.Close() }
}

func fdForgotten(t testing.TB) func() {
	got(os.Create(filepath.Join(t.TempDir(), "gone.txt")))(t)
	return runtime.GC
}

func fdDirectory(t testing.TB) func() {
	f := got(os.Open(t.TempDir()))(t)
	return func() { f.Close() }
}

func fdRoot(t testing.TB) func() {
	r := got(os.OpenRoot(t.TempDir()))(t)
	return func() { r.Close() }
}

func fdPipe(t testing.TB) func() {
	r, w, err := os.Pipe()
	must(t, err)
	return func() { r.Close(); w.Close() }
}

func fdConn(t testing.TB) func() {
	ln := local(t)
	defer ln.Close()
	a := got(net.Dial("tcp", ln.Addr().String()))(t)
	b := got(ln.Accept())(t)
	return func() { a.Close(); b.Close() }
}

func fdListener(t testing.TB) func() {
	ln := local(t)
	return func() { ln.Close() }
}

func fdUDP(t testing.TB) func() {
	c := got(net.ListenPacket("udp", "127.0.0.1:0"))(t)
	return func() { c.Close() }
}

func fdUnix(t testing.TB) func() {
	ln := got(net.Listen("unix", filepath.Join(t.TempDir(), "here.sock")))(t)
	return func() { ln.Close() }
}

// closer closes a number.
func closer(fd int) func() { return func() { unix.Close(fd) } }

func fdInotify(t testing.TB) func() { return closer(got(unix.InotifyInit1(unix.IN_CLOEXEC))(t)) }
func fdMemfd(t testing.TB) func() {
	return closer(got(unix.MemfdCreate("scratch", unix.MFD_CLOEXEC))(t))
}
func fdEpoll(t testing.TB) func()   { return closer(got(unix.EpollCreate1(unix.EPOLL_CLOEXEC))(t)) }
func fdEventfd(t testing.TB) func() { return closer(got(unix.Eventfd(0, unix.EFD_CLOEXEC))(t)) }
func fdTimerfd(t testing.TB) func() {
	return closer(got(unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_CLOEXEC))(t))
}

func fdExecPipe(t testing.TB) func() {
	cmd := exec.Command("true")
	out := got(cmd.StdoutPipe())(t)
	must(t, cmd.Start())
	_, err := cmd.Process.Wait() // and not cmd.Wait, which closes the pipe
	must(t, err)
	return func() { out.Close() }
}

func fdProcess(t testing.TB) func() {
	cmd := exec.Command("sleep", "60")
	must(t, cmd.Start())
	return func() { cmd.Process.Kill(); cmd.Wait() }
}

func fdDup(t testing.TB) func() {
	f := got(os.Create(filepath.Join(t.TempDir(), "held.txt")))(t)
	defer f.Close()
	return closer(got(syscall.Dup(int(f.Fd())))(t))
}

// fdReplaced closes a descriptor that was open before the check, and opens another one
// that gets its number.
func fdReplaced(t testing.TB) func() {
	dir := t.TempDir()
	first := got(os.Create(filepath.Join(dir, "first.txt")))(t)
	first.Close()
	second := got(os.Create(filepath.Join(dir, "second.txt")))(t)
	return func() { second.Close() }
}
