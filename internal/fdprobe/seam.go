package fdprobe

import (
	"sync"

	"github.com/leakassert/leakassert/internal/goroutine"
	"github.com/leakassert/leakassert/internal/probe"
	"github.com/leakassert/leakassert/internal/procfd"
	"github.com/leakassert/leakassert/internal/procstate"
)

// The seam is the time between two tests of a package that run one after the other under Main. If
// only the testing package can have run in it, the last look of the first test is also the snapshot
// of the second one. This is so if
//
//   - the first test ended alone: its goroutine and the main goroutine, which runs the suite, were the
//     only ones, except for those of tests that are paused in t.Parallel;
//   - only one goroutine was started since, which runs the second test;
//   - no finalizer or cleanup was queued or has run since the first test began;
//   - as many descriptors are open as in that look. C code may have run.
//
// Otherwise there is a new snapshot: what was opened in the seam is not the second test's.
var seam struct {
	sync.Mutex
	suite  bool // a suite runs: without one, code of TestMain may run between two tests
	table  *procfd.Table
	before stillness
}

// A stillness holds counters that do not change while nothing runs.
type stillness struct {
	created uint64 // goroutines
	queue   procstate.Queued
}

// enclose begins or ends the suite.
func enclose(runs bool) {
	keep(nil, stillness{})
	seam.Lock()
	defer seam.Unlock()
	seam.suite = runs
}

// keep keeps the table of a test's last look for the next test. With nil it drops what was kept.
func keep(t *procfd.Table, s stillness) (kept bool) {
	seam.Lock()
	defer seam.Unlock()
	if seam.table != nil {
		tables.Put(seam.table)
		seam.table = nil
	}
	if t == nil || !seam.suite {
		return false
	}
	seam.table, seam.before = t, s
	return true
}

// snapshot returns what is open at the start of a check, and the finalizers as of then.
func snapshot(s probe.Scope) (t *procfd.Table, queue procstate.Queued, err error) {
	seam.Lock()
	t, before := seam.table, seam.before
	seam.table = nil
	seam.Unlock()
	queue = procstate.Queue()
	if t != nil && s.WholeTest() && before == (stillness{goroutine.Count().Created - 1, queue}) && t.IsCount() {
		return t, queue, nil
	}
	if t == nil {
		t = tables.Get().(*procfd.Table)
	}
	if err = t.Read(); err == nil {
		queue = procstate.Queue() // a finalizer that has closed something before is none of the check's
	}
	return t, queue, err
}

// alone returns how many goroutines were ever started, if only the check's test runs now.
func alone(s probe.Scope) (created uint64, ok bool) {
	if !s.Alone() {
		return 0, false
	}
	now := goroutine.Count()
	return now.Created, now.Known
}
