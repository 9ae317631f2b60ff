//go:build linux

package corpus

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/fsnotify/fsnotify"
	"golang.org/x/sys/unix"
)

var osBodies = []body{
	{name: "exec/output", run: execOutput},
	{name: "exec/stdout pipe", run: execStdoutPipe},
	{name: "exec/stdin pipe", run: execStdinPipe},
	{name: "exec/context", run: execContext},
	{name: "exec/failing command", run: execFails},
	{name: "exec/killed", run: execKilled},
	{name: "exec/extra file", run: execExtraFile},
	{name: "exec/buffers", run: execBuffers},
	{name: "exec/os.StartProcess", run: startProcess},
	{name: "exec/pipeline", run: execPipeline},
	{name: "signal/Notify", run: signalNotify},
	{name: "signal/NotifyContext", run: signalNotifyContext},
	{name: "os/file", run: osFile},
	{name: "os/directory", run: osDirectory},
	{name: "os/root", run: osRoot},
	{name: "os/pipe", run: osPipe},
	{name: "os/pipe with deadline", run: osPipeDeadline},
	{name: "os/named pipe", run: osNamedPipe},
	{name: "os/copy", run: osCopy},
	{name: "os/lock", run: osLock},
	{name: "os/inotify", run: osInotify},
	{name: "os/fsnotify", run: osFsnotify},
	{name: "os/mmap", run: osMmap},
	{name: "os/memfd", run: osMemfd},
	{name: "os/epoll", run: osEpoll},
	{name: "os/timerfd", run: osTimerfd},
}

func execOutput(t testing.TB) {
	equal(t, string(got(exec.Command("echo", "a").Output())(t)), "a\n")
}

func execStdoutPipe(t testing.TB) {
	cmd := exec.Command("sh", "-c", "echo a; echo b")
	out := got(cmd.StdoutPipe())(t)
	must(t, cmd.Start())
	lines := bufio.NewScanner(out)
	for _, want := range []string{"a", "b"} {
		lines.Scan()
		equal(t, lines.Text(), want)
	}
	must(t, cmd.Wait())
}

func execStdinPipe(t testing.TB) {
	cmd := exec.Command("cat")
	in := got(cmd.StdinPipe())(t)
	var out bytes.Buffer
	cmd.Stdout = &out
	must(t, cmd.Start())
	io.WriteString(in, "through")
	must(t, in.Close())
	must(t, cmd.Wait())
	equal(t, out.String(), "through")
}

func execContext(t testing.TB) {
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if err := exec.CommandContext(ctx, "sleep", "60").Run(); err == nil {
		t.Fatal("sleep was not ended")
	}
}

func execFails(t testing.TB) {
	out, err := exec.Command("sh", "-c", "echo why >&2; exit 3").CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 3 || string(out) != "why\n" {
		t.Fatal(err, string(out))
	}
	if err := exec.Command("/no such command").Start(); err == nil {
		t.Fatal("started")
	}
}

func execKilled(t testing.TB) {
	cmd := exec.Command("sleep", "60")
	must(t, cmd.Start())
	must(t, cmd.Process.Kill())
	if cmd.Wait() == nil {
		t.Fatal("not killed")
	}
}

func execExtraFile(t testing.TB) {
	r, w, err := os.Pipe()
	must(t, err)
	defer r.Close()
	cmd := exec.Command("sh", "-c", "echo three >&3")
	cmd.ExtraFiles = []*os.File{w}
	must(t, cmd.Start())
	w.Close()
	equal(t, string(got(io.ReadAll(r))(t)), "three\n")
	must(t, cmd.Wait())
}

func execBuffers(t testing.TB) {
	cmd := exec.Command("sh", "-c", "cat; echo err >&2")
	var out, err bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(strings.Repeat("x", 100_000)), &out, &err
	must(t, cmd.Run())
	equal(t, out.Len()+err.Len(), 100_004)
}

func startProcess(t testing.TB) {
	path := got(exec.LookPath("true"))(t)
	p := got(os.StartProcess(path, []string{"true"}, &os.ProcAttr{}))(t)
	state := got(p.Wait())(t)
	equal(t, state.Success(), true)
	p = got(os.StartProcess(path, []string{"true"}, &os.ProcAttr{}))(t)
	pid := p.Pid
	must(t, p.Release())
	_, err := syscall.Wait4(pid, nil, 0, nil)
	must(t, err)
}

func execPipeline(t testing.TB) {
	first, second := exec.Command("seq", "1000"), exec.Command("wc", "-l")
	var err error
	second.Stdin, err = first.StdoutPipe()
	must(t, err)
	must(t, first.Start())
	out := got(second.Output())(t)
	must(t, first.Wait())
	equal(t, strings.TrimSpace(string(out)), "1000")
}

// signalled is held while a body sends a signal, so that the one it receives is its own:
// after Stop another one would end the process.
var signalled sync.Mutex

func signalNotify(t testing.TB) {
	signalled.Lock()
	defer signalled.Unlock()
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGUSR1)
	defer signal.Stop(c)
	must(t, syscall.Kill(os.Getpid(), syscall.SIGUSR1))
	<-c
}

func signalNotifyContext(t testing.TB) {
	signalled.Lock()
	defer signalled.Unlock()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGUSR2)
	defer stop()
	must(t, syscall.Kill(os.Getpid(), syscall.SIGUSR2))
	<-ctx.Done()
}

func osFile(t testing.TB) {
	path := filepath.Join(t.TempDir(), "f")
	f := got(os.Create(path))(t)
	_, err := f.WriteString("text")
	must(t, err)
	must(t, f.Close())
	equal(t, string(got(os.ReadFile(path))(t)), "text")
	f = got(os.OpenFile(path, os.O_APPEND|os.O_RDWR, 0))(t)
	defer f.Close()
	must(t, f.Truncate(2))
}

func osDirectory(t testing.TB) {
	dir := t.TempDir()
	for _, name := range []string{"a", "b/c", "b/d"} {
		must(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700))
		must(t, os.WriteFile(filepath.Join(dir, name), nil, 0o600))
	}
	n := 0
	must(t, filepath.WalkDir(dir, func(string, fs.DirEntry, error) error { n++; return nil }))
	equal(t, n, 5)
	d := got(os.Open(dir))(t)
	defer d.Close()
	equal(t, len(got(d.Readdirnames(1))(t)), 1)
}

func osRoot(t testing.TB) {
	root := got(os.OpenRoot(t.TempDir()))(t)
	defer root.Close()
	must(t, root.WriteFile("f", []byte("x"), 0o600))
	f := got(root.Open("f"))(t)
	defer f.Close()
	if _, err := root.Open("../f"); err == nil {
		t.Fatal("opened outside of the root")
	}
}

func osPipe(t testing.TB) {
	r, w, err := os.Pipe()
	must(t, err)
	defer r.Close()
	go func() {
		defer w.Close()
		io.WriteString(w, "through")
	}()
	equal(t, string(got(io.ReadAll(r))(t)), "through")
}

func osPipeDeadline(t testing.TB) {
	r, w, err := os.Pipe()
	must(t, err)
	defer r.Close()
	defer w.Close()
	must(t, r.SetReadDeadline(time.Now().Add(5*time.Millisecond)))
	if _, err := r.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatal(err)
	}
}

func osNamedPipe(t testing.TB) {
	path := filepath.Join(t.TempDir(), "fifo")
	must(t, syscall.Mkfifo(path, 0o600))
	go func() {
		if w, err := os.OpenFile(path, os.O_WRONLY, 0); err == nil {
			io.WriteString(w, "through")
			w.Close()
		}
	}()
	r := got(os.Open(path))(t)
	defer r.Close()
	equal(t, string(got(io.ReadAll(r))(t)), "through")
}

func osCopy(t testing.TB) {
	dir := t.TempDir()
	must(t, os.WriteFile(filepath.Join(dir, "a"), make([]byte, 100_000), 0o600))
	from := got(os.Open(filepath.Join(dir, "a")))(t)
	defer from.Close()
	to := got(os.Create(filepath.Join(dir, "b")))(t)
	defer to.Close()
	equal(t, got(io.Copy(to, from))(t), int64(100_000))
	must(t, os.CopyFS(t.TempDir(), os.DirFS(dir)))
}

func osLock(t testing.TB) {
	path := filepath.Join(t.TempDir(), "lock")
	a, b := got(os.Create(path))(t), got(os.Open(path))(t)
	defer a.Close()
	defer b.Close()
	must(t, syscall.Flock(int(a.Fd()), syscall.LOCK_EX))
	equal(t, syscall.Flock(int(b.Fd()), syscall.LOCK_EX|syscall.LOCK_NB), error(syscall.EWOULDBLOCK))
}

func osInotify(t testing.TB) {
	dir := t.TempDir()
	fd := got(unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK))(t)
	f := os.NewFile(uintptr(fd), "inotify")
	defer f.Close()
	_, err := unix.InotifyAddWatch(fd, dir, unix.IN_CREATE)
	must(t, err)
	must(t, os.WriteFile(filepath.Join(dir, "new"), nil, 0o600))
	got(f.Read(make([]byte, 4096)))(t)
}

func osFsnotify(t testing.TB) {
	dir := t.TempDir()
	w := got(fsnotify.NewWatcher())(t)
	must(t, w.Add(dir))
	must(t, os.WriteFile(filepath.Join(dir, "new"), nil, 0o600))
	equal(t, (<-w.Events).Has(fsnotify.Create), true)
	must(t, w.Close())
}

func osMmap(t testing.TB) {
	f := got(os.Create(filepath.Join(t.TempDir(), "m")))(t)
	defer f.Close()
	must(t, f.Truncate(1<<16))
	m := got(unix.Mmap(int(f.Fd()), 0, 1<<16, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED))(t)
	copy(m, "mapped")
	must(t, unix.Munmap(m))
	b := make([]byte, 6)
	got(f.ReadAt(b, 0))(t)
	equal(t, string(b), "mapped")
}

func osMemfd(t testing.TB) {
	fd := got(unix.MemfdCreate("scratch", unix.MFD_CLOEXEC))(t)
	f := os.NewFile(uintptr(fd), "scratch")
	defer f.Close()
	got(f.WriteString("text"))(t)
}

func osEpoll(t testing.TB) {
	ep := got(unix.EpollCreate1(unix.EPOLL_CLOEXEC))(t)
	defer unix.Close(ep)
	ev := got(unix.Eventfd(0, unix.EFD_CLOEXEC))(t)
	defer unix.Close(ev)
	must(t, unix.EpollCtl(ep, unix.EPOLL_CTL_ADD, ev, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(ev)}))
	got(unix.Write(ev, []byte{1, 0, 0, 0, 0, 0, 0, 0}))(t)
	equal(t, got(unix.EpollWait(ep, make([]unix.EpollEvent, 1), 0))(t), 1)
}

func osTimerfd(t testing.TB) {
	fd := got(unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_CLOEXEC|unix.TFD_NONBLOCK))(t)
	f := os.NewFile(uintptr(fd), "timer")
	defer f.Close()
	must(t, unix.TimerfdSettime(fd, 0, &unix.ItimerSpec{Value: unix.NsecToTimespec(1e6)}, nil))
	got(f.Read(make([]byte, 8)))(t)
}
