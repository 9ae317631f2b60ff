//go:build amd64 || arm64

package memassert_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// childTest is the variable that names the test that a child process runs.
const childTest = "MEMASSERT_TEST"

// inChild reports whether this process runs only this test. If it does not, inChild starts a process
// that does, after prepare has changed the command, and returns what it has printed and how it has
// ended.
func inChild(t *testing.T, prepare func(*exec.Cmd)) (child bool, output string, err error) {
	t.Helper()
	if os.Getenv(childTest) == t.Name() {
		return true, "", nil
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	pattern := "^" + strings.ReplaceAll(regexp.QuoteMeta(t.Name()), "/", "$/^") + "$"
	c := exec.CommandContext(ctx, os.Args[0], "-test.run="+pattern, "-test.timeout=1m", "-test.v")
	c.Env = append(os.Environ(), childTest+"="+t.Name())
	prepare(c)
	out, err := c.CombinedOutput()
	require.NoError(t, ctx.Err(), "the child does not end: %s", out)
	return false, string(out), err
}

// alone reports whether this process runs only this test. If it does not, a child process runs it
// and must succeed. If it can't be started, or skips the test, the test is skipped.
func alone(t *testing.T, prepare func(*exec.Cmd)) bool {
	t.Helper()
	child, output, err := inChild(t, prepare)
	if errors.Is(err, syscall.EPERM) {
		t.Skipf("such a process can't be started here: %v", err)
	}
	require.NoError(t, err, output)
	if strings.Contains(output, "--- SKIP") {
		t.Skip(output)
	}
	return child
}

// setting sets a variable of a child's environment.
func setting(name, value string) func(*exec.Cmd) {
	return func(c *exec.Cmd) { c.Env = append(c.Env, name+"="+value) }
}

// filterCalls installs a seccomp filter for the whole process. The action fork is for making a process,
// the action read is for making a memfd or mapping a file.
func filterCalls(t *testing.T, fork, read uint32) {
	t.Helper()
	arch := map[string]uint32{"amd64": unix.AUDIT_ARCH_X86_64, "arm64": unix.AUDIT_ARCH_AARCH64}[runtime.GOARCH]
	const (
		// Offsets in struct seccomp_data, of arguments the lower half.
		number  = 0
		archOf  = 4
		flags   = 16 // the first argument of clone
		fd      = 48 // the fifth of mmap
		noFd    = 1<<32 - 1
		load    = unix.BPF_LD | unix.BPF_W | unix.BPF_ABS
		ifEqual = unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K
		ifSet   = unix.BPF_JMP | unix.BPF_JSET | unix.BPF_K
		answer  = unix.BPF_RET | unix.BPF_K
	)
	program := []unix.SockFilter{
		0:  {Code: load, K: archOf},
		1:  {Code: ifEqual, K: arch, Jf: 9 - 2},
		2:  {Code: load, K: number},
		3:  {Code: ifEqual, K: unix.SYS_CLONE, Jt: 7 - 4},
		4:  {Code: ifEqual, K: unix.SYS_MEMFD_CREATE, Jt: 11 - 5},
		5:  {Code: ifEqual, K: unix.SYS_MMAP, Jt: 12 - 6},
		6:  {Code: answer, K: unix.SECCOMP_RET_ALLOW},
		7:  {Code: load, K: flags},
		8:  {Code: ifSet, K: unix.CLONE_THREAD, Jf: 10 - 9},
		9:  {Code: answer, K: unix.SECCOMP_RET_ALLOW},
		10: {Code: answer, K: fork},
		11: {Code: answer, K: read},
		12: {Code: load, K: fd},
		13: {Code: ifEqual, K: noFd, Jf: 15 - 14},
		14: {Code: answer, K: unix.SECCOMP_RET_ALLOW},
		15: {Code: answer, K: read},
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	require.NoError(t, unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
	p := unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]}
	_, _, errno := syscall.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC, uintptr(unsafe.Pointer(&p)))
	require.Zero(t, errno)
}
