//go:build unix

package program

import (
	"bufio"
	"os"
	"os/exec"
	"syscall"

	"github.com/leakassert/leakassert/internal/childpipe"
	"golang.org/x/sys/unix"
)

const noPipes = "the pipes for them can't be opened"

// openPipe gives the program two pipes, after the files that it inherits already.
func (p *Program) openPipe(trace bool) {
	fromTest, to, err := os.Pipe()
	if err != nil {
		return // Answers says so
	}
	from, toTest, err := os.Pipe()
	if err != nil {
		fromTest.Close()
		to.Close()
		return
	}
	p.pipe = &pipe{theirs: []*os.File{fromTest, toTest}, to: to, from: from, reader: bufio.NewReader(from)}
	first := 3 + len(p.cmd.ExtraFiles)
	p.cmd.ExtraFiles = append(p.cmd.ExtraFiles[:len(p.cmd.ExtraFiles):len(p.cmd.ExtraFiles)], fromTest, toTest)
	p.cmd.Env = append(p.cmd.Env, childpipe.Env+"="+childpipe.Value(
		childpipe.Pipe{FD: first, Inode: inode(fromTest)}, childpipe.Pipe{FD: first + 1, Inode: inode(toTest)}, trace))
}

func inode(f *os.File) uint64 {
	info, err := f.Stat()
	if err != nil {
		return 0
	}
	return uint64(info.Sys().(*syscall.Stat_t).Ino)
}

// ownGroup makes the program the leader of a process group, unless its attributes choose one.
func ownGroup(cmd *exec.Cmd) (leads bool) {
	attr := syscall.SysProcAttr{}
	if cmd.SysProcAttr != nil {
		attr = *cmd.SysProcAttr
	}
	if !attr.Setsid && !attr.Setpgid && !attr.Foreground {
		attr.Setpgid = true
	}
	dieWithTest(&attr)
	cmd.SysProcAttr = &attr
	return attr.Setsid || attr.Setpgid && attr.Pgid == 0
}

// killGroup kills what is in the program's group. It is called before the group can be another one's.
func (p *Program) killGroup() {
	if p.group {
		_ = syscall.Kill(-p.PID(), syscall.SIGKILL)
	}
}

func quit(process *os.Process) error { return process.Signal(syscall.SIGQUIT) }

// Terminate is the signal that asks a program to end.
var Terminate os.Signal = syscall.SIGTERM

func signalName(n syscall.Signal) string { return unix.SignalName(n) }
