package leaktest

import (
	"os"
	"os/exec"

	"github.com/leakassert/leakassert/internal/program"
	"github.com/leakassert/leakassert/internal/session"
)

// A Process is a program that a test runs: see [Command].
type Process struct {
	t       TB
	command *session.Command // nil if the program was not started
}

// Command starts a program and judges it when the test ends, or earlier when [Process.Stop] is
// called:
//
//	server := leaktest.Command(t, exec.Command("./server"))
//	// … wait until it listens
//	server.Begin()
//	// … send requests
//
// The test fails with a report if the program
//
//   - has more descriptors open than when [Process.Begin] was called (Linux);
//   - has more goroutines than then. The program must import package leaktest/child for that, or
//     package leaktest/child/explain, which says more;
//   - has not waited for a process that it has started, or has ended and left one running (Unix);
//   - still runs 5 s after the signal to end, or after cmd.WaitDelay if that is set. The report has
//     the stacks of a Go program;
//   - has crashed: it has ended by itself with an exit code other than 0, or in a panic, or by another
//     signal. The report has the last lines of its standard error.
//
// What can't be seen is a note. Without a call of Begin, descriptors and goroutines are not
// compared. Close the connections of your clients before the program is judged. Idle connections of
// [http.DefaultTransport] are closed, and those of other clients with the option [Idle].
//
// Filters, [Settle] and [Only] apply. [Ignore] sees a process as a [Leak] of [KindProcess] whose
// first column is its command. Heap, Pools, With, and Goroutines with options are errors, as another
// process does not show these kinds. Filters of [Main] are for the test's process and do not apply.
//
// Command changes cmd before it starts it. It adds variables to the environment and two pipes to
// ExtraFiles, reads Stderr and passes it on to the writer that was there, and makes the program the
// leader of a process group, unless SysProcAttr says otherwise. Do not call cmd.Wait. When the test
// ends, the program and what it has started are killed. On Linux the program is also killed if the
// test's process ends without its cleanups. If the context of cmd ends, the program is killed
// cmd.WaitDelay after the call of cmd.Cancel.
//
// A process that the program has left is found by its process group, by its parents, and on Linux by its
// session and by a variable of its environment. A daemon that has none of these any more is not found. On
// other systems than Linux the report says what is not seen. On Windows a program can't be asked to end:
// it is killed.
//
// A program that runs is a resource of the test's process. If the body of [NoLeak] starts one, call
// Stop there.
//
// If the program does not start, the test fails and ends. If the test has failed anyway, nothing is
// judged but a crash.
func Command(t TB, cmd *exec.Cmd, opts ...Option) *Process {
	if session.Missing(t, name+": Command") {
		return &Process{}
	}
	t.Helper()
	p := &Process{t: t}
	if cmd == nil {
		t.Errorf("leaktest: Command: cmd is nil: pass the program to run, exec.Command(\"./server\")")
	} else {
		p.command = session.StartCommand(t, name+": Command", cmd, planOf(opts, program.Any{}))
	}
	if f, ok := t.(interface{ FailNow() }); ok && p.command == nil {
		f.FailNow()
	}
	return p
}

// Begin takes a snapshot of the program: descriptors and goroutines that it has now are no leaks.
// Call it when the program is ready, and after a first request, so that what the program makes on
// first use is there already. A later call replaces the snapshot.
func (p *Process) Begin() {
	if p.command != nil {
		p.command.Begin()
	}
}

// Stop judges the program, asks it to end and judges what it leaves. The test calls it at its end.
// Stop sends SIGTERM, or the given signal if there is one. A second call does nothing.
func (p *Process) Stop(signal ...os.Signal) {
	if p.command == nil {
		return
	}
	p.t.Helper()
	p.command.Stop(append(signal, program.Terminate)[0])
}

// Ended is closed when the program has ended. It is nil if the program was not started.
func (p *Process) Ended() <-chan struct{} {
	if p.command == nil {
		return nil
	}
	return p.command.Ended()
}
