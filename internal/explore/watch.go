package explore

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/leakassert/leakassert/internal/explore/op"
)

// exploring lets one exploration at a time use the process.
var exploring sync.Mutex

// A Stuck error says that a task ran or waited for too long outside the
// scheduler's control: in code that is not rewritten, a system call, cgo, or a
// loop without a point.
type Stuck struct {
	Task int // -1 in Setup and After
	// Outside is true if no task ran: Config.New or Judge takes so long.
	Outside bool
	Mark    int // the caller's operation, or -1
	Site    uint32
	Code    op.Code // the last operation that the task announced
	After   time.Duration
	Stack   string // of the task's goroutine, if it was found
}

func (e *Stuck) Error() string {
	if e.Outside {
		return fmt.Sprintf("explore: Config.New or Judge did not return for %v", e.After)
	}
	where := "before its first point"
	if e.Code != 0 {
		where = "after its last point (" + op.Name(e.Code) + ")"
	}
	if e.Mark >= 0 {
		where = fmt.Sprintf("in operation %d, %s", e.Mark, where)
	}
	return fmt.Sprintf("explore: %s did not reach a point for %v, %s: it waits for something or computes in code that is not rewritten\n%s",
		taskName(e.Task), e.After, where, e.Stack)
}

// stuckTicks is how often the watchdog must look in vain. A process that has not
// run at all meanwhile gets one tick for all that it missed.
const stuckTicks = 10

// guard calls f on a goroutine of its own, whose life it watches by the clock.
func (e *explorer) guard(f func()) error {
	exploring.Lock()
	defer exploring.Unlock()
	s := e.s
	s.begins()
	ended := make(chan error, 1)
	var gone atomic.Bool
	go func() {
		s.driver = getg()
		err := fmt.Errorf("explore: Config.New or Judge called runtime.Goexit")
		defer func() {
			if v := recover(); v != nil {
				err = fmt.Errorf("explore: Config.New or Judge panicked: %v\n%s", v, debug.Stack())
			}
			if !gone.Load() {
				setRunning(0)
			}
			s.driver = 0
			s.close()
			ended <- err
		}()
		f()
		err = nil
	}()
	tick := time.NewTicker(max(e.Stuck/stuckTicks, time.Millisecond))
	defer tick.Stop()
	last, since, quiet := s.pulse(), time.Now(), 0
	for {
		select {
		case err := <-ended:
			e.result.Switches = s.switches
			e.result.Sites, e.result.Switched = s.coverage.count()
			return err
		case now := <-tick.C:
			if p := s.pulse(); p != last {
				last, since, quiet = p, now, 0
				continue
			}
			if quiet++; quiet < stuckTicks || now.Sub(since) < e.Stuck {
				continue
			}
			gone.Store(true)
			stuck := s.stuck()
			stuck.After = e.Stuck
			// From here on the task that is stuck is a goroutine like any other.
			s.abandon()
			return stuck
		}
	}
}

// pulse changes while points are reached or tasks are switched.
//
//go:norace
func (s *scheduler) pulse() uint64 { return s.points ^ s.switches<<32 ^ s.polled<<16 }

//go:norace
func (s *scheduler) begins() { current = s }

//go:norace
func (s *scheduler) abandon() { s.dead, running = true, 0 }

// stuck describes the task that runs. It reads what the task writes: the task
// has not moved for a long time.
//
//go:norace
func (s *scheduler) stuck() *Stuck {
	e := &Stuck{Task: mainID, Mark: -1}
	t := s.cur
	if t == nil {
		e.Outside = true
		return e
	}
	e.Task, e.Mark, e.Site, e.Code = t.id, t.mark, t.site, t.code
	e.Stack = stackOf(t.w)
	return e
}

// stackOf returns the stack of a worker's goroutine: the one whose frame of run
// has the worker as its receiver.
func stackOf(w *worker) string {
	buf := make([]byte, 1<<16)
	for {
		n := runtime.Stack(buf, true)
		if n < len(buf) || len(buf) >= 1<<26 {
			buf = buf[:n]
			break
		}
		buf = make([]byte, 4*len(buf))
	}
	frame := fmt.Sprintf("explore.(*worker).run(%p", w)
	for stack := range strings.SplitSeq(string(buf), "\n\n") {
		if strings.Contains(stack, frame) {
			return stack
		}
	}
	return "(its stack was not found)"
}
