package faults

import (
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// refuseForks has the kernel refuse new processes, but not new threads, to this thread and all that it
// starts. A limit of processes would also count threads and whatever else the user runs.
func refuseForks() error {
	const (
		// Offsets in struct seccomp_data, of the first argument the lower half.
		number = 0
		flags  = 16
		load   = unix.BPF_LD | unix.BPF_W | unix.BPF_ABS
		equal  = unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K
		set    = unix.BPF_JMP | unix.BPF_JSET | unix.BPF_K
		answer = unix.BPF_RET | unix.BPF_K
	)
	if runtime.GOARCH == "386" || runtime.GOARCH == "arm" {
		return unix.ENOSYS // their programs may make calls of two tables
	}
	program := []unix.SockFilter{
		0: {Code: load, K: number},
		1: {Code: equal, K: unix.SYS_CLONE, Jt: 3 - 2},
		2: {Code: equal, K: unix.SYS_CLONE3, Jt: 6 - 3, Jf: 7 - 3},
		3: {Code: load, K: flags},
		4: {Code: set, K: unix.CLONE_THREAD, Jt: 7 - 5},
		5: {Code: answer, K: unix.SECCOMP_RET_ERRNO | uint32(unix.EAGAIN)},
		6: {Code: answer, K: unix.SECCOMP_RET_ERRNO | uint32(unix.ENOSYS)}, // its flags can't be seen: callers use clone then
		7: {Code: answer, K: unix.SECCOMP_RET_ALLOW},
	}
	p := unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	return unix.Prctl(unix.PR_SET_SECCOMP, unix.SECCOMP_MODE_FILTER, uintptr(unsafe.Pointer(&p)), 0, 0)
}
