//go:build amd64 || arm64

package heapdump

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"time"

	"github.com/leakassert/leakassert/internal/procstate"
	"golang.org/x/sys/unix"
)

const supported = true

// take forks one child that takes a dump, and parses the dump.
func take(limit time.Duration, listCleanups bool) (*Dump, error) {
	memory, err := unix.MemfdCreate("heap dump", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("heap dump: memfd_create: %w", err)
	}
	defer unix.Close(memory)
	var list *cleanups
	if listCleanups {
		list = newCleanups()
		defer list.close()
	}
	before := drained()
	if err := dumpInChild(memory, list, limit); err != nil {
		return nil, fmt.Errorf("heap dump: %w", err)
	}
	after := procstate.Queue()
	var st unix.Stat_t
	if err := unix.Fstat(memory, &st); err != nil {
		return nil, fmt.Errorf("heap dump: fstat of the memfd: %w", err)
	}
	if st.Size == 0 {
		return nil, errors.New("heap dump: the child wrote nothing")
	}
	data, err := unix.Mmap(memory, 0, int(st.Size), unix.PROT_READ, unix.MAP_SHARED|unix.MAP_POPULATE)
	if err != nil {
		return nil, fmt.Errorf("heap dump: mmap of %d bytes: %w", st.Size, err)
	}
	d, err := Parse(data)
	if err != nil {
		_ = unix.Munmap(data)
		return nil, err
	}
	d.Cleanups, d.CleanupsKnown = list.read()
	// If all that were queued afterwards had run before, none was in the queue meanwhile.
	d.CleanupsKnown = d.CleanupsKnown && before.Cleaned == after.Cleanups
	d.unmap = func() error { return unix.Munmap(data) }
	return d, nil
}

// drained gives queued cleanups time to run, and returns what has been queued and has run.
func drained() (q procstate.Queued) {
	pause := unix.NsecToTimespec(int64(time.Millisecond)) // of the kernel's time, as in wait
	for range 20 {
		if q = procstate.Queue(); q.Cleaned >= q.Cleanups {
			break
		}
		_ = unix.Nanosleep(&pause, nil)
	}
	return q
}

// dumpInChild forks a child that writes a dump to memory, and waits for it.
func dumpInChild(memory int, list *cleanups, limit time.Duration) error {
	c, err := newChild(memory, list)
	if err != nil {
		return err
	}
	defer unix.Close(c.emptyPoller)
	// The child dies with the thread that forked it.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	pid, errno := c.start()
	if errno != 0 {
		return os.NewSyscallError("fork", errno)
	}
	status, inTime := wait(pid, limit)
	switch {
	case !inTime:
		return fmt.Errorf("the child took longer than %v", limit)
	case status.Signaled():
		return fmt.Errorf("%w: %v", errCrashed, status.Signal())
	case status.ExitStatus() != 0:
		return fmt.Errorf("%w: exit status %d", errCrashed, status.ExitStatus())
	}
	return nil
}

// wait waits for the child and reaps it. After limit it kills the child. The time in which the child was
// ready to run and got no processor does not count, up to mostQueued times the limit. wait uses the
// kernel's clock, since that of package time stands still in a bubble of testing/synctest.
func wait(pid int, limit time.Duration) (status unix.WaitStatus, inTime bool) {
	begin, inTime := procstate.Clock(), true
	for options := unix.WALL | unix.WNOHANG; ; {
		switch got, err := unix.Wait4(pid, &status, options, nil); {
		case err == unix.EINTR:
			continue
		case got == pid || err != nil: // ECHILD: somebody else has reaped it, and Parse decides
			return status, inTime
		}
		waited := procstate.Clock() - begin
		if waited > limit && (waited > mostQueued*limit || waited-queued(pid) > limit) {
			_ = unix.Kill(pid, unix.SIGKILL)
			options, inTime = unix.WALL, false
			continue
		}
		pause := unix.NsecToTimespec(int64(min(max(waited/16, 100*time.Microsecond), 5*time.Millisecond)))
		_ = unix.Nanosleep(&pause, nil)
	}
}

const mostQueued = 10

// queued returns how long a process with one thread has waited for a processor, 0 if the kernel does not
// say it.
func queued(pid int) (d time.Duration) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/schedstat", pid))
	if err != nil {
		return 0
	}
	var ran int64
	_, _ = fmt.Sscan(string(text), &ran, &d)
	return d
}
