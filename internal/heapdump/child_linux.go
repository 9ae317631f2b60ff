//go:build amd64 || arm64

package heapdump

import (
	"math"
	"os"
	"runtime/debug"
	"slices"
	"strconv"
	"syscall"
	"unsafe"

	"github.com/leakassert/leakassert/internal/procstate"
	"golang.org/x/sys/unix"
)

// child holds what the child needs, prepared before the fork. The child has one thread, and must
// never wait for another. It makes raw system calls and calls the dumper, nothing else.
type child struct {
	memory   int
	cleanups *cleanups // nil if they are not listed
	// pollers are the epolls of this process. The dumper restarts the world at its end, which polls
	// the network. The child shares the runtime's epoll with this process, and an epoll reports an
	// edge only once: without a poller of its own, the child would take events away from this
	// process, whose goroutines would wait for them forever.
	pollers     []int
	emptyPoller int
	// others are the ranges of all other descriptors. The child closes them. So the other end of a
	// pipe or connection notices when this process closes it, and a crash prints nothing.
	others []span
	parent int // this process
}

type span struct{ first, last uint }

func newChild(memory int, list *cleanups) (*child, error) {
	empty, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("epoll_create1", err)
	}
	c := &child{memory: memory, cleanups: list, emptyPoller: empty, parent: os.Getpid()}
	if c.pollers, err = pollers(empty); err != nil {
		unix.Close(empty)
		return nil, err
	}
	kept := append([]int{memory}, c.pollers...)
	if list != nil {
		kept = append(kept, list.file)
	}
	next := uint(0)
	for _, fd := range slices.Sorted(slices.Values(kept)) {
		if uint(fd) > next {
			c.others = append(c.others, span{next, uint(fd) - 1})
		}
		next = uint(fd) + 1
	}
	c.others = append(c.others, span{next, math.MaxUint32})
	return c, nil
}

// pollers returns all epolls but one. The runtime's is among them: os.ReadDir opens a file, and the
// first opened file creates it.
func pollers(but int) (nums []int, err error) {
	const dir = "/proc/self/fd/"
	list, err := os.ReadDir(dir)
	for _, entry := range list {
		// A descriptor closed meanwhile is not the runtime's.
		if link, _ := os.Readlink(dir + entry.Name()); link == "anon_inode:[eventpoll]" {
			if num, err := strconv.Atoi(entry.Name()); err == nil && num != but {
				nums = append(nums, num)
			}
		}
	}
	return nums, err
}

// Tests replace them.
var (
	clone  = rawClone
	inside = (*child).dump
)

// start forks. With one processor, no other thread runs Go code meanwhile. The dumper in the child
// would wait for such a thread to stop, but the child has no other threads.
func (c *child) start() (pid int, errno syscall.Errno) {
	clone, inside := clone, inside
	procstate.OneProcessor(func() {
		if pid, errno = clone(); pid == 0 && errno == 0 {
			keepRunning()
			inside(c)
		}
	})
	return pid, errno
}

// keepRunning withdraws a request to let another goroutine run. The runtime makes such a request by a
// stack guard that is above any stack. The child would obey at its next call of a function, and wait
// forever, because no other thread is there to run a goroutine. keepRunning sets a guard that at most
// makes the stack grow early.
func keepRunning()

// rawClone returns twice, as fork does. The child sends no signal at its end. So handlers of SIGCHLD
// do not see it, and only a wait with WALL reaps it: see clone(2). The emulator qemu-user has only forks
// that send SIGCHLD, and answers EINVAL to others, which Linux never does to a call without flags.
//
//go:norace
func rawClone() (pid int, errno syscall.Errno) {
	r, _, errno := syscall.RawSyscall6(syscall.SYS_CLONE, 0, 0, 0, 0, 0, 0)
	if errno == syscall.EINVAL {
		r, _, errno = syscall.RawSyscall6(syscall.SYS_CLONE, uintptr(syscall.SIGCHLD), 0, 0, 0, 0, 0)
	}
	return int(r), errno
}

// dump runs in the child and does not return.
//
//go:norace
func (c *child) dump() {
	c.isolate()
	unmark()
	c.cleanups.list()
	debug.WriteHeapDump(uintptr(c.memory))
	exit(0)
}

// unmark sets the status of goroutines that the goroutineleak profile has marked to what it was.
//
//go:norace
//go:nocheckptr
func unmark() {
	const waiting, leaked = 4, 10 // runtime._Gwaiting, runtime._Gleaked
	if known.All == 0 {
		return
	}
	word := func(addr uint64) *uint64 { return *(**uint64)(unsafe.Pointer(&addr)) }
	array, length := *word(known.All), *word(known.All + 8)
	for i := range length {
		g := *word(array + 8*i)
		if status := (*uint32)(unsafe.Pointer(word(g + known.Status))); *status == leaked {
			*status = waiting
		}
	}
}

// isolate separates the child from this process.
//
//go:norace
func (c *child) isolate() {
	syscall.RawSyscall(syscall.SYS_PRCTL, unix.PR_SET_PDEATHSIG, uintptr(syscall.SIGKILL), 0)
	if parent, _, _ := syscall.RawSyscall(syscall.SYS_GETPPID, 0, 0, 0); int(parent) != c.parent { // it has died before
		exit(1)
	}
	syscall.RawSyscall(syscall.SYS_PRCTL, unix.PR_SET_DUMPABLE, 0, 0) // a crash leaves no core
	for _, fd := range c.pollers {
		syscall.RawSyscall(syscall.SYS_DUP3, uintptr(c.emptyPoller), uintptr(fd), syscall.O_CLOEXEC)
	}
	for _, s := range c.others {
		if _, _, errno := syscall.RawSyscall(unix.SYS_CLOSE_RANGE, uintptr(s.first), uintptr(s.last), 0); errno != 0 {
			// Before Linux 5.9.
			for fd := s.first; fd <= min(s.last, 4096); fd++ {
				syscall.RawSyscall(syscall.SYS_CLOSE, uintptr(fd), 0, 0)
			}
		}
	}
}

// exit ends the child and runs nothing that is registered for the end of a process. It is nosplit
// because the end of a dump repeats the request that keepRunning has withdrawn.
//
//go:norace
//go:nosplit
func exit(status int) {
	for {
		syscall.RawSyscall(syscall.SYS_EXIT_GROUP, uintptr(status), 0, 0)
	}
}
