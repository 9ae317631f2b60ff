package explore

import (
	"fmt"
	"strings"
	"unsafe"

	"github.com/leakassert/leakassert/internal/explore/op"
)

// An Execution is what one schedule of a program has done. One that is given
// to Config.Judge is valid until Judge returns.
type Execution struct {
	Seed        uint64
	Points      uint64   // operations that were announced
	Picks       int      // points at which more than one task could run
	Preemptions int      // how often a task that could go on had to wait, or one that gave way did not have to
	At          []uint32 // the places of the tasks that were preempted
	Print       uint64   // two executions whose tasks do the same operations in the same order have the same print
	Diverged    bool     // the program did not do what the schedule was made for
	Marks       []Mark
	Steps       []Step // only when traced
	Left        []Wait // goroutines that go statements have started and that wait or run at the end
	Goexits     []int  // tasks that runtime.Goexit has ended, as t.FailNow does

	// How it ended early, if it did; at most one of them is set.
	Panic    *Panic
	Deadlock []Wait // every task that waits
	Overrun  *Wait  // the task whose operation took more than Config.Steps

	outcome string
	limit   int
	culprit int // the index of the task that ended it
	after   string
	choices []Choice
}

// The ways in which an execution ends early.
const (
	outcomeDeadlock = "deadlock"
	outcomeOverrun  = "livelock"
	outcomePanic    = "panic"
)

// A Mark is the beginning or the end of an operation of the caller (Begin, End), in the order in which they happened.
type Mark struct {
	Task, Op int
	End      bool
	Steps    int // at its end: how many points the operation has passed
	Step     int // how many of Execution.Steps came before it
}

// A Step is an operation of a task.
type Step struct {
	Task int // -1 in Setup and After; from len(Program.Tasks) on what go statements have started
	Mark int // the caller's operation, or -1
	Site uint32
	Code op.Code
	Addr uintptr
	// Before and After are what the word held right before and right after the operation, if Known.
	Before, After uint64
	Size          int
	Known         bool
	Switched      bool // another task ran before
	Preempted     bool // that other task could have gone on

	ptr   unsafe.Pointer
	phase uint8
}

// A Wait is a task that waits or was stopped, and where.
type Wait struct {
	Task, Mark int
	Spawned    bool // a go statement has started it
	Site       uint32
	Code       op.Code
	Addr       uintptr
	// Holder is the task that holds the lock waited for, if Held: only in a traced execution.
	Holder int
	Held   bool
}

// A Panic is a panic that a task did not recover.
type Panic struct {
	Task, Mark int
	Value      any
	Stack      string
}

func (x *Execution) reset(seed uint64) {
	*x = Execution{Seed: seed, Marks: x.Marks[:0], Steps: x.Steps[:0], Left: x.Left[:0], Goexits: x.Goexits[:0]}
}

// Token returns what Replay needs to run the same schedule again.
func (x *Execution) Token() Token {
	return Token{Seed: x.Seed, Choices: append([]Choice(nil), x.choices...), Print: x.Print}
}

// copy returns an execution that stays valid.
func (x *Execution) copy() *Execution {
	y := *x
	y.Marks = append([]Mark(nil), x.Marks...)
	y.Steps = append([]Step(nil), x.Steps...)
	y.Left = append([]Wait(nil), x.Left...)
	y.Goexits = append([]int(nil), x.Goexits...)
	y.Deadlock = append([]Wait(nil), x.Deadlock...)
	y.At = append([]uint32(nil), x.At...)
	y.choices = append([]Choice(nil), x.choices...)
	return &y
}

// ended returns what is wrong with the way in which the execution ended, or "".
func (x *Execution) ended() string {
	switch {
	case x.Panic != nil:
		return fmt.Sprintf("%s panicked: %v", taskName(x.Panic.Task), x.Panic.Value)
	case x.Overrun != nil:
		what := ""
		if x.Overrun.Mark >= 0 {
			what = fmt.Sprintf(" with operation %d", x.Overrun.Mark)
		}
		return fmt.Sprintf("livelock: %s does not come to an end%s within %d steps (%s)", taskName(x.Overrun.Task), what, x.limit, op.Name(x.Overrun.Code))
	case x.Deadlock != nil:
		var text strings.Builder
		text.WriteString("deadlock: ")
		for i, w := range x.Deadlock {
			if i > 0 {
				text.WriteString(", ")
			}
			fmt.Fprintf(&text, "%s waits (%s)", taskName(w.Task), op.Name(w.Code))
		}
		return text.String()
	}
	return x.after
}

func taskName(id int) string {
	if id == mainID {
		return "setup or after"
	}
	return fmt.Sprintf("task %d", id)
}

// holders finds who holds the locks that are waited for.
func (x *Execution) holders() {
	for i := range x.Deadlock {
		w := &x.Deadlock[i]
		// took is the last step that may have taken the lock: if it was given
		// back by the task that took it, nobody is said to hold it.
		for j := range x.Steps {
			step := &x.Steps[j]
			if step.Addr != w.Addr || w.Addr == 0 || step.Task == w.Task && j == x.lastOf(w.Task) {
				continue
			}
			switch op.Of(step.Code) {
			case op.Lock, op.RLock:
				if !x.waitsAt(j) {
					w.Holder, w.Held = step.Task, true
				}
			case op.Unlock, op.RUnlock:
				w.Held = w.Held && w.Holder != step.Task
			}
		}
		if !w.Held {
			w.Holder = 0
		}
	}
}

// waitsAt reports whether step j is where its task still waits.
func (x *Execution) waitsAt(j int) bool {
	for _, w := range x.Deadlock {
		if w.Task == x.Steps[j].Task && j == x.lastOf(w.Task) {
			return true
		}
	}
	return false
}

// lastOf returns the last step of a task.
func (x *Execution) lastOf(task int) int {
	for j := len(x.Steps) - 1; j >= 0; j-- {
		if x.Steps[j].Task == task {
			return j
		}
	}
	return -1
}
