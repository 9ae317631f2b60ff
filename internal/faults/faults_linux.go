// Package faults lets tests run a command on a broken machine: without /proc, at the limit of descriptors, with
// a disk that is full, or where no process can be started.
//
// The command is started by this test binary, which brings the faults about before it becomes the
// command. So the faults are there from the command's first instruction, and this process has none.
package faults

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// A Fault is something that is wrong with the machine of a command.
type Fault struct {
	// Mount is a folder over which an empty file system is mounted, with Options, see tmpfs(5). It has
	// no room left if it is Filled.
	Mount, Options string `json:",omitempty"`
	Filled         bool   `json:",omitempty"`
	// Limit is a resource of setrlimit(2) of which there is no more than Most.
	Limit int    `json:",omitempty"`
	Most  uint64 `json:",omitempty"`
	// NoFork means that no process can be started: the system answers EAGAIN, as at a limit of processes.
	NoFork bool `json:",omitempty"`
}

// NoProc is a machine where nothing is mounted at /proc.
var NoProc = Fault{Mount: "/proc"}

// ClosedProc is a machine where the user may not read /proc.
var ClosedProc = Fault{Mount: "/proc", Options: "mode=0"}

// NoFork is a machine where no process can be started.
var NoFork = Fault{NoFork: true}

// Full is a machine whose disk has room for folders and empty files in a folder, and for nothing else.
func Full(dir string) Fault {
	return Fault{Mount: dir, Options: "size=4k,nr_inodes=1k", Filled: true}
}

// Exhausted is a machine whose disk has room for one folder in a folder, and for nothing else.
func Exhausted(dir string) Fault {
	return Fault{Mount: dir, Options: "size=4k,nr_inodes=3", Filled: true} // the root's, and that of the file
}

// ReadOnly is a machine whose disk can't be written in a folder.
func ReadOnly(dir string) Fault { return Fault{Mount: dir, Options: "ro"} }

// Descriptors is a machine on which a process can open n descriptors.
func Descriptors(n uint64) Fault { return Fault{Limit: unix.RLIMIT_NOFILE, Most: n} }

// variable has what the process that is to become a command is told.
const variable = "LEAKASSERT_FAULTS"

type order struct {
	Path   string
	Faults []Fault
}

// Command has cmd run with the faults, as a user who is not root. It skips the test where the kernel
// lets nobody mount or filter anything.
func Command(t testing.TB, cmd *exec.Cmd, faults ...Fault) {
	t.Helper()
	if err := possible(); err != nil {
		t.Skipf("no faults can be brought about here: %v", err)
	}
	if err := prepare(cmd, faults); err != nil {
		t.Fatal(err)
	}
}

// possible tries whether faults can be brought about.
var possible = sync.OnceValue(func() error {
	cmd := exec.Command("/bin/true")
	if err := prepare(cmd, []Fault{NoProc, NoFork}); err != nil {
		return err
	}
	if text, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, text)
	}
	return nil
})

func prepare(cmd *exec.Cmd, faults []Fault) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	text, err := json.Marshal(order{cmd.Path, faults})
	if err != nil {
		return err
	}
	if cmd.Env == nil {
		cmd.Env = os.Environ()
	}
	cmd.Path, cmd.Env = self, append(cmd.Env, variable+"="+string(text))
	// Root of a name space of its own may mount. The command is not root, as it could read all then.
	const user = 1000
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: user, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: user, HostID: os.Getgid(), Size: 1}},
		AmbientCaps: []uintptr{unix.CAP_SYS_ADMIN},
	}
	return nil
}

// A process that is told to becomes the command.
func init() {
	text, told := os.LookupEnv(variable)
	if !told {
		return
	}
	os.Unsetenv(variable)
	err := become([]byte(text))
	fmt.Fprintln(os.Stderr, "faults:", err)
	os.Exit(70)
}

func become(text []byte) error {
	var o order
	if err := json.Unmarshal(text, &o); err != nil {
		return err
	}
	runtime.LockOSThread() // capabilities and filters are a thread's
	for _, f := range o.Faults {
		if err := f.happen(); err != nil {
			return err
		}
	}
	if err := unix.Prctl(unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0); err != nil {
		return fmt.Errorf("capabilities: %w", err)
	}
	return os.NewSyscallError("exec "+o.Path, syscall.Exec(o.Path, os.Args, os.Environ()))
}

func (f Fault) happen() error {
	var errs []error
	if f.Mount != "" {
		flags, options := uintptr(0), f.Options
		if options == "ro" {
			flags, options = unix.MS_RDONLY, ""
		}
		errs = append(errs, os.NewSyscallError("mount "+f.Mount, unix.Mount("none", f.Mount, "tmpfs", flags, options)))
	}
	if f.Filled {
		err := os.WriteFile(filepath.Join(f.Mount, "full"), make([]byte, 1<<20), 0o600)
		if !errors.Is(err, unix.ENOSPC) {
			errs = append(errs, fmt.Errorf("%s is not full: %w", f.Mount, err))
		}
	}
	if f.Limit != 0 {
		errs = append(errs, os.NewSyscallError("setrlimit", syscall.Setrlimit(f.Limit, &syscall.Rlimit{Cur: f.Most, Max: f.Most})))
	}
	if f.NoFork {
		errs = append(errs, os.NewSyscallError("seccomp", refuseForks()))
	}
	return errors.Join(errs...)
}
