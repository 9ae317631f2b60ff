package program

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/leakassert/leakassert/internal/goprobe"
	"github.com/leakassert/leakassert/internal/names"
	"github.com/leakassert/leakassert/internal/probe"
)

// stuck is a program that did not end.
type stuck struct {
	signal os.Signal
	stacks []byte // of its goroutines
	err    error  // why there are none
	dumped bool   // the stacks are on its standard error
	paused bool   // it is stopped, as by SIGSTOP
}

// dumps is how long a program may take to print its stacks.
const dumps = 5 * time.Second

// Stop asks the program to end, and kills it if it does not. With explain it first gets the stacks of
// a Go program that does not end. It reports whether the program was asked: it may have ended before.
func (p *Program) Stop(signal os.Signal, explain bool) (asked bool) {
	if p.HasEnded() || p.ending() { // the kernel takes a signal for a program until somebody has waited for it
		return false
	}
	err := p.cmd.Process.Signal(signal)
	if errors.Is(err, os.ErrProcessDone) && p.within(killed) {
		return false
	}
	if err == nil && p.within(p.Grace) {
		return true
	}
	p.stuck = &stuck{signal: signal, err: err, paused: p.paused()}
	if explain && err == nil && !p.stuck.paused {
		p.getStacks()
	}
	_ = p.cmd.Process.Kill()
	p.within(killed)
	return true
}

// getStacks asks for the stacks over the pipe. A program that does not answer there prints them on
// SIGQUIT, if it runs Go's runtime.
func (p *Program) getStacks() {
	s := p.stuck
	if ok, _ := p.Answers(); ok {
		if s.stacks, s.err = p.Stacks(); s.err == nil {
			return
		}
	}
	if !p.IsGo() {
		return
	}
	if p.stderr != nil {
		p.stderr.fresh()
	}
	if s.err = quit(p.cmd.Process); s.err == nil {
		s.dumped = p.within(dumps)
	}
}

// Stuck returns the finding that the program did not end, if it did not. Call it after Close.
func (p *Program) Stuck(s probe.Scope) (l probe.Leak, ok bool) {
	if p.stuck == nil {
		return l, false
	}
	what := fmt.Sprintf("still runs %v after %v", p.Grace, spell(p.stuck.signal))
	if p.stuck.err != nil && p.stuck.stacks == nil && !p.stuck.dumped {
		what = fmt.Sprintf("does not take %v: %v", spell(p.stuck.signal), p.stuck.err)
	}
	if p.stuck.paused {
		what += ", stopped as by SIGSTOP"
	}
	end := "killed"
	if !p.HasEnded() {
		end = "can't be killed"
	}
	l = processLeak(process{pid: p.PID(), birth: p.birth}, p.Name, what, end)
	l.Proven = true
	if p.stuck.dumped && p.stderr != nil {
		p.stuck.stacks = p.stderr.text()
	}
	for _, g := range goprobe.Describe(p.stuck.stacks, s) {
		columns := g.Columns
		if g.N() > 1 {
			columns = append([]string{fmt.Sprintf("+%d", g.N())}, columns...)
		}
		l.AddEvidence("goroutine", columns...)
		if g.CreatedBy.Func != "" {
			l.AddEvidence("", append([]string{"created by"}, names.Call(g.CreatedBy)...)...)
		}
	}
	return l, true
}

// spell writes a signal as people do: SIGTERM and not "terminated".
func spell(signal os.Signal) string {
	if n, ok := signal.(syscall.Signal); ok {
		if name := signalName(n); name != "" {
			return name
		}
	}
	return signal.String()
}

// Fate says how the program has ended if that was a crash. asked says that it was asked to end by a
// signal. A program that was asked may end by that signal or with any exit code, but not in a panic.
func (p *Program) Fate(signal os.Signal, asked bool) (crash string) {
	switch {
	case !p.HasEnded() || p.stuck != nil:
		return ""
	case p.lost != nil:
		return fmt.Sprintf("its exit status is lost: %v: do not call cmd.Wait, and do not ignore SIGCHLD", p.lost)
	case p.state.Success():
		return ""
	case asked && !p.signalled(signal) && !p.panicked():
		return ""
	}
	return p.state.String()
}

// signalled reports whether the program was ended by a signal other than the one that was sent.
func (p *Program) signalled(sent os.Signal) bool {
	status, ok := p.state.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && os.Signal(status.Signal()) != sent
}

// panicked reports whether Go's runtime has ended the program.
func (p *Program) panicked() bool {
	lines := p.LastLines()
	return p.state.ExitCode() == 2 && len(lines) > 0 && isFatal(lines[0]) && strings.Contains(strings.Join(lines, "\n"), "\ngoroutine ")
}
