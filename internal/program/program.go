// Package program runs a program under test: it starts it, asks it, stops it, and finds what it leaves.
package program

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// DefaultGrace is how long a program may take to end after the signal, unless cmd.WaitDelay is set.
const DefaultGrace = 5 * time.Second

// A Program is a program that runs, or has run.
type Program struct {
	Name  string
	Grace time.Duration
	// Ended is closed when the program has ended.
	Ended chan struct{}

	cmd    *exec.Cmd
	state  *os.ProcessState // once it has ended
	lost   error            // why there is no state
	stderr *tail            // nil if cmd.Stderr is a file
	pipe   *pipe            // nil if there can be none
	group  bool             // it leads a process group of its own
	mark   string           // an environment variable that what it starts inherits
	birth  uint64           // its start, 0 if not known
	isGo   func() (isGo, answers bool)

	mu     sync.Mutex
	family map[int]uint64 // processes below it that were seen, and their starts

	cancelled atomic.Bool                // by the context of cmd
	late      atomic.Pointer[time.Timer] // kills it then
	stuck     *stuck
	closed    sync.Once
}

var count atomic.Int64

// Start starts cmd. settle is how long its caller may look at the program before it stops it. over
// reports whether the test has ended, so that the program is stopped anyway. With trace, a program that
// imports package explain records its allocations.
func Start(cmd *exec.Cmd, settle time.Duration, trace bool, over func() bool) (*Program, error) {
	switch {
	case cmd.Process != nil:
		return nil, errors.New("it was started already: pass a Cmd that was not")
	case cmd.Err != nil:
		return nil, cmd.Err
	}
	p := &Program{Name: filepath.Base(cmd.Path), Grace: cmd.WaitDelay, Ended: make(chan struct{}), cmd: cmd, family: make(map[int]uint64)}
	if p.Grace <= 0 {
		p.Grace = DefaultGrace
	}
	// exec waits no longer for output, and kills the program that late after the end of a context.
	cmd.WaitDelay = settle + p.Grace + 10*time.Second
	p.isGo = sync.OnceValues(p.examine)
	p.mark = markName + "=" + strconv.Itoa(os.Getpid()) + "-" + strconv.FormatInt(count.Add(1), 10)
	cmd.Env = append(cmd.Environ(), p.mark)
	p.captureStderr()
	p.openPipe(trace)
	p.group = ownGroup(cmd)
	if cancel := cmd.Cancel; cancel != nil {
		cmd.Cancel = func() error {
			if over() { // t.Context() ends before the cleanups, one of which stops the program
				return nil
			}
			p.cancelled.Store(true)
			p.late.Store(time.AfterFunc(p.Grace, func() { _ = cmd.Process.Kill() }))
			return cancel()
		}
	}
	started := make(chan error)
	go p.run(started)
	err := <-started
	p.pipe.started()
	if err != nil {
		p.pipe.close()
		return nil, fmt.Errorf("it does not start: %w", err)
	}
	return p, nil
}

// markName is a variable of the environment. It finds what the program has started even in another
// session and below another parent.
const markName = "LEAKTEST_PROGRAM"

// run starts the program and waits for its end. It keeps the thread: the kernel kills the program
// when the thread that has started it ends, as with the test's process. See go.dev/issue/27505.
func (p *Program) run(started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := p.cmd.Start(); err != nil {
		started <- err
		return
	}
	p.birth = birth(p.cmd.Process.Pid)
	started <- nil
	p.state, p.lost = p.cmd.Process.Wait() // cmd.Wait would also wait for output
	if late := p.late.Load(); late != nil {
		late.Stop()
	}
	close(p.Ended)
}

func (p *Program) PID() int { return p.cmd.Process.Pid }

// HasEnded reports whether the program has ended.
func (p *Program) HasEnded() bool { return p.within(0) }

// within waits for the program to end.
func (p *Program) within(limit time.Duration) bool {
	select {
	case <-p.Ended:
		return true
	default:
	}
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-p.Ended:
		return true
	case <-timer.C:
		return false
	}
}

// IsGo reports whether the program runs Go's runtime.
func (p *Program) IsGo() bool { isGo, _ := p.isGo(); return isGo }

// Cancelled reports whether the context of cmd has ended the program.
func (p *Program) Cancelled() bool { return p.cancelled.Load() && p.HasEnded() }

// TestContext returns the context of a test, nil if it has none.
func TestContext(t any) context.Context {
	if c, ok := t.(interface{ Context() context.Context }); ok {
		return c.Context()
	}
	return nil
}

// Close kills what is left of the program and waits for its output.
func (p *Program) Close() { p.closed.Do(p.close) }

func (p *Program) close() {
	if !p.HasEnded() {
		_ = p.cmd.Process.Kill()
		p.within(killed)
	}
	p.killFamily()
	p.pipe.close()
	if p.HasEnded() {
		_ = p.cmd.Wait() // which only closes pipes and waits for what copies output
		if p.state != nil {
			p.cmd.ProcessState = p.state
		}
	}
}

// killed is how long a killed program may take to end. One that waits for a device may not end at all.
const killed = 5 * time.Second
