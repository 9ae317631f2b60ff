package rebuild

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// atRandom is AT_RANDOM of the auxiliary vector.
const atRandom = 25

// RunAlike runs a Go program as Run does, and has its runtime draw the same numbers in each process. The
// keys of the runtime's hashes, and so those of the hash function of a built-in map, are among these
// numbers. The runtime takes its seed from 16 bytes that the kernel gives each process (AT_RANDOM, see
// getauxval(3)). RunAlike replaces these bytes before the process runs. alike is the reason if that is not
// possible; then the process draws numbers of its own.
func RunAlike(c *exec.Cmd, limit time.Duration) (alike, err error) {
	runtime.LockOSThread() // it traces the process, and see Run
	defer runtime.UnlockOSThread()
	traced := *c
	traced.SysProcAttr = attributes()
	traced.SysProcAttr.Ptrace = true
	if alike = traced.Start(); alike != nil {
		return alike, Run(c, limit)
	}
	pid := traced.Process.Pid
	alike = atStart(pid)
	if err := syscall.PtraceDetach(pid); err != nil {
		alike = errors.Join(alike, fmt.Errorf("ptrace: %w", err))
		_ = syscall.Kill(-pid, syscall.SIGKILL) // it would stand still for ever
	}
	return alike, wait(&traced, limit)
}

// atStart waits until the process has begun the program, where it stands still, and replaces its random bytes.
func atStart(pid int) error {
	var status syscall.WaitStatus
	for {
		if _, err := syscall.Wait4(pid, &status, unix.WALL, nil); err == nil {
			break
		} else if err != syscall.EINTR {
			return fmt.Errorf("wait4: %w", err)
		}
	}
	if !status.Stopped() || status.StopSignal() != syscall.SIGTRAP {
		return fmt.Errorf("the process did not stop at its start: status %#x", uint32(status))
	}
	at, err := auxiliary(pid, atRandom)
	if err != nil {
		return err
	}
	memory, err := os.OpenFile(fmt.Sprintf("/proc/%d/mem", pid), os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer memory.Close()
	_, err = memory.WriteAt(bytes.Repeat([]byte{0x5a}, 16), int64(at))
	return err
}

// auxiliary returns a value of the auxiliary vector of a process.
func auxiliary(pid int, key uint64) (uint64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/auxv", pid))
	if err != nil {
		return 0, err
	}
	word := func(b []byte) uint64 {
		if unsafe.Sizeof(uintptr(0)) == 4 {
			return uint64(binary.NativeEndian.Uint32(b))
		}
		return binary.NativeEndian.Uint64(b)
	}
	const size = int(unsafe.Sizeof(uintptr(0)))
	for ; len(text) >= 2*size; text = text[2*size:] {
		if word(text) == key {
			return word(text[size:]), nil
		}
	}
	return 0, fmt.Errorf("the kernel gives the process no value %d", key)
}
