//go:build amd64 || arm64

package heapdump_test

import (
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
	"unsafe"

	"github.com/leakassert/leakassert/internal/heapdump"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// state is what a dump must leave as it was.
type state struct {
	procs       int
	descriptors []string
	environment []string
	maps        int
}

func current(t testing.TB) (s state) {
	t.Helper()
	s.procs, s.environment = runtime.GOMAXPROCS(0), os.Environ()
	entries, err := os.ReadDir("/proc/self/fd")
	require.NoError(t, err)
	for _, e := range entries {
		if link, err := os.Readlink("/proc/self/fd/" + e.Name()); err == nil {
			s.descriptors = append(s.descriptors, e.Name()+" "+link)
		}
	}
	maps, err := os.ReadFile("/proc/self/maps")
	require.NoError(t, err)
	s.maps = strings.Count(string(maps), "memfd:heap dump")
	return s
}

// noChild asserts that there is no child, not even one to reap.
func noChild(t testing.TB) {
	t.Helper()
	_, err := unix.Wait4(-1, nil, unix.WALL|unix.WNOHANG, nil)
	assert.ErrorIs(t, err, unix.ECHILD)
}

// Nothing is left of a dump, and nobody hears of the child.
func TestNothingIsLeft(t *testing.T) {
	ended := make(chan os.Signal, 10)
	signal.Notify(ended, syscall.SIGCHLD)
	defer signal.Stop(ended)
	before, goroutines := current(t), runtime.NumGoroutine()
	for range 3 {
		d, err := heapdump.Take()
		require.NoError(t, err)
		assert.Equal(t, before.maps+1, current(t).maps)
		require.NoError(t, d.Close())
		require.NoError(t, d.Close(), "a second time")
	}
	assert.Equal(t, before, current(t))
	assert.LessOrEqual(t, runtime.NumGoroutine(), goroutines)
	noChild(t)
	assert.Empty(t, ended)
}

func TestForkIsRefused(t *testing.T) {
	defer heapdump.Replace(func() (int, syscall.Errno) { return -1, syscall.EAGAIN }, nil)()
	before := current(t)
	_, err := heapdump.Take()
	assert.EqualError(t, err, "heap dump: fork: resource temporarily unavailable (3 tries)")
	assert.ErrorIs(t, err, syscall.EAGAIN)
	assert.Equal(t, before, current(t))
}

func TestDescriptorsAreRefused(t *testing.T) {
	var limit unix.Rlimit
	require.NoError(t, unix.Getrlimit(unix.RLIMIT_NOFILE, &limit))
	defer func() { require.NoError(t, unix.Setrlimit(unix.RLIMIT_NOFILE, &limit)) }()
	require.NoError(t, unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: 3, Max: limit.Max}))
	_, err := heapdump.Take()
	assert.EqualError(t, err, "heap dump: memfd_create: too many open files (3 tries)")
}

// What the children of these tests do. They run in the child: no locks, no allocation.

//go:norace
func crash(*heapdump.Child) { heapdump.Exit(2) }

//go:norace
func die(*heapdump.Child) {
	pid, _, _ := syscall.RawSyscall(syscall.SYS_GETPID, 0, 0, 0)
	syscall.RawSyscall(syscall.SYS_KILL, pid, uintptr(syscall.SIGKILL), 0)
}

//go:norace
func writeNothing(*heapdump.Child) { heapdump.Exit(0) }

//go:norace
func hang(*heapdump.Child) {
	for {
		syscall.RawSyscall6(syscall.SYS_PPOLL, 0, 0, 0, 0, 0, 0)
	}
}

// report ends with a status that says what is wrong with a child's descriptors.
//
//go:norace
func report(c *heapdump.Child) {
	heapdump.Isolate(c)
	for fd := range uintptr(3) {
		if _, _, errno := syscall.RawSyscall(syscall.SYS_FCNTL, fd, syscall.F_GETFD, 0); errno != syscall.EBADF {
			heapdump.Exit(10 + int(fd))
		}
	}
	for _, fd := range c.Pollers() {
		var event [4]syscall.EpollEvent
		n, _, errno := syscall.RawSyscall6(syscall.SYS_EPOLL_PWAIT, uintptr(fd), uintptr(unsafe.Pointer(&event)), 4, 0, 0, 0)
		if n != 0 || errno != 0 {
			heapdump.Exit(20)
		}
	}
	heapdump.Exit(len(c.Pollers()))
}

func TestChildFails(t *testing.T) {
	for _, test := range []struct {
		name, want string
		child      func(*heapdump.Child)
	}{
		{"crashes", "heap dump: the child crashed: exit status 2", crash},
		{"is killed", "heap dump: the child crashed: killed", die},
		{"writes nothing", "heap dump: the child wrote nothing", writeNothing},
		{"hangs", "heap dump: the child took longer than 20ms", hang},
		{"has one poller and no file", "heap dump: the child crashed: exit status 1", report},
	} {
		t.Run(test.name, func(t *testing.T) {
			defer heapdump.Replace(nil, test.child)()
			before := current(t)
			limit := 20 * time.Millisecond
			if test.name != "hangs" {
				limit = time.Minute
			}
			_, err := heapdump.Try(limit, true)
			assert.EqualError(t, err, test.want)
			assert.Equal(t, before, current(t))
			noChild(t)
		})
	}
}

// After a child that failed, the next one is tried.
func TestTakeTriesAgain(t *testing.T) {
	var forks int
	defer heapdump.Replace(func() (int, syscall.Errno) {
		if forks++; forks < 3 {
			return -1, syscall.ENOMEM
		}
		return heapdump.RawClone()
	}, nil)()
	take(t)
	assert.Equal(t, 3, forks)
}

// lateClone forks when the goroutine has run so long that it is to let another one run. Its calls do
// not look at the guard of the stack, so it is the child that would.
//
//go:norace
func lateClone() (int, syscall.Errno) {
	for range 8 {
		pause := syscall.Timespec{Nsec: 10e6}
		syscall.RawSyscall(syscall.SYS_NANOSLEEP, uintptr(unsafe.Pointer(&pause)), 0, 0)
	}
	pid, _, errno := syscall.RawSyscall6(syscall.SYS_CLONE, 0, 0, 0, 0, 0, 0)
	if errno == syscall.EINVAL { // qemu-user
		pid, _, errno = syscall.RawSyscall6(syscall.SYS_CLONE, uintptr(syscall.SIGCHLD), 0, 0, 0, 0, 0)
	}
	return int(pid), errno
}

func TestChildKeepsRunning(t *testing.T) {
	defer heapdump.Replace(lateClone, nil)()
	for range 3 {
		d, err := heapdump.Try(20*time.Second, true)
		require.NoError(t, err)
		require.NoError(t, d.Close())
	}
}

func TestTakeInBubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { take(t) })
}

func TestTakeAtTheSameTime(t *testing.T) {
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() { take(t) })
	}
	group.Wait()
	noChild(t)
}

// Processes that others start meanwhile end as if nothing was.
func TestTakeBesideCommands(t *testing.T) {
	stop := make(chan struct{})
	var group sync.WaitGroup
	for range 2 {
		group.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				err := exec.Command("sh", "-c", "exit 3").Run()
				var exit *exec.ExitError
				if assert.ErrorAs(t, err, &exit) {
					assert.Equal(t, 3, exit.ExitCode())
				}
			}
		})
	}
	for range 5 {
		if d, err := heapdump.Take(); err == nil {
			assert.NoError(t, d.Close())
		}
	}
	close(stop)
	group.Wait()
}
