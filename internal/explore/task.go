package explore

import (
	"unsafe"

	"github.com/leakassert/leakassert/internal/explore/op"
)

// The states of a task.
const (
	idle uint8 = iota // not started, or between two phases
	ready
	blocked
	asleep
	done
)

// mainID is the task that runs Setup and After.
const mainID = -1

// A task is a goroutine of the program under control.
type task struct {
	id    int
	index int // in scheduler.tasks
	fn    func()
	w     *worker
	state uint8
	// spawned is true for a task that a go statement has started.
	spawned bool
	edge    unsafe.Pointer // where the race detector finds what comes before a spawned task
	// started is true once the task has passed a point. It is chosen when it
	// starts, so to choose again at its first point would be the same choice twice.
	started bool
	goexit  bool

	// What it does now: its last point or wait.
	site uint32
	code uint8
	addr unsafe.Pointer

	// waits is what a blocked task waits for; woken is true while a task that has
	// been made ready has not yet found out whether its wait is over.
	waits   []wait
	woken   bool
	seq     uint64
	matched int            // the wait that a partner has served, or -1
	box     unsafe.Pointer // what the partner has handed over
	wakeAt  int64

	// The ticket of a sync.Cond's waiter.
	cond     unsafe.Pointer
	signaled bool
	ticket   uint64

	// The caller's operation: its mark, whether its beginning is still to be
	// recorded, and its steps.
	mark    int
	pending bool
	steps   int

	spin spin
	rank int64 // PCT's priority
}

// A wait is one thing that a blocked task waits for. Its layout is that of
// leakassert_wait in the shim.
type wait struct {
	addr unsafe.Pointer
	box  unsafe.Pointer // where an unbuffered channel's value is or goes to
	kind uint8
}

//go:norace
func (t *task) reset() {
	waits := t.waits[:0]
	*t = task{id: t.id, index: t.index, waits: waits, matched: -1, mark: -1}
}

// waitsFor returns the index of the wait for addr, or -1.
//
//go:norace
func (t *task) waitsFor(addr unsafe.Pointer, kind uint8) int {
	for i := range t.waits {
		w := &t.waits[i]
		if w.addr == addr && addr != nil && (kind == op.AnyWait || w.kind == op.AnyWait || w.kind == kind) {
			return i
		}
	}
	return -1
}
