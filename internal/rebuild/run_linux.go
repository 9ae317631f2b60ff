package rebuild

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"

	"github.com/leakassert/leakassert/internal/procstate"
	"golang.org/x/sys/unix"
)

// Build runs a command that builds something. It is killed with its children after a time. The
// error is the first that the command has printed, or a *TimeoutError.
func Build(c *exec.Cmd, limit time.Duration) error {
	// With a file for its output, no goroutine copies it. The file takes no room in TMPDIR, which may
	// be what the build lacks.
	memory, err := unix.MemfdCreate("go test", unix.MFD_CLOEXEC)
	if err != nil {
		return os.NewSyscallError("memfd_create", err)
	}
	output := os.NewFile(uintptr(memory), "output of go test")
	defer output.Close()
	c.Stdout, c.Stderr = output, output
	err = Run(c, limit)
	if late := (*TimeoutError)(nil); err == nil || errors.As(err, &late) {
		return err
	}
	_, _ = output.Seek(0, io.SeekStart)
	text, _ := io.ReadAll(output) // if it is lost, the error has the status
	if line := firstError(text); line != "" {
		return errors.New(line)
	}
	return err
}

// Run runs a command and kills it with its children after a time; the error is then a *TimeoutError.
// The kernel kills the command if this process ends. Run asks the kernel for the time: in a bubble of
// a test, that of package time stands still.
func Run(c *exec.Cmd, limit time.Duration) error {
	// The kernel takes the end of the thread that starts the command for the end of the process.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	c.SysProcAttr = attributes()
	if err := c.Start(); err != nil {
		return err
	}
	return wait(c, limit)
}

func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// wait waits for a command that has started, and kills it after a time.
func wait(c *exec.Cmd, limit time.Duration) error {
	done := make(chan error, 1)
	go func() { done <- c.Wait() }()
	begin, pause := procstate.Clock(), unix.NsecToTimespec(int64(time.Millisecond))
	for inTime := true; ; _ = unix.Nanosleep(&pause, nil) {
		select {
		case err := <-done:
			if !inTime {
				return &TimeoutError{limit}
			}
			return err
		default:
			if inTime && procstate.Clock()-begin > limit {
				inTime = false
				_ = syscall.Kill(-c.Process.Pid, syscall.SIGKILL) // it fails if the command has ended
			}
		}
	}
}
