package goprobe

import (
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/leakassert/leakassert/internal/goroutine"
	"github.com/leakassert/leakassert/internal/probe"
)

// A baseline is what is known about the goroutines that existed when a check began.
type baseline struct {
	ids   []uint64 // sorted; complete if exact
	exact bool
	self  uint64 // the goroutine that began the check; 0 if not needed
	dumps uint64 // the number of dumps before the check began
}

func (b baseline) has(id uint64) bool {
	_, found := slices.BinarySearch(b.ids, id)
	return found
}

// remembered is the memory of the last dump. A dump costs more with more goroutines, so a new check
// uses the last one as its baseline. That is exact if no goroutine was started since, or only the
// one that runs the test.
var remembered memory

// few is the number of goroutines up to which a dump is always cheap.
const few = 64

type memory struct {
	mu      sync.Mutex
	created uint64 // goroutines started in this process when ids was taken
	pending uint64 // finalizers and cleanups that had not returned then
	ids     []uint64
	dumps   uint64 // the number of dumps; with 0 nothing is known
	runners int    // how many of ids run a test that has not ended

	begun time.Time       // when begin last took a dump
	costs []time.Duration // of the last dumps, for each goroutine
	busy  map[string]bool // labels of checks that had goroutines at the last dump
	loose []uint64        // goroutines without a label at the last dump

	over     map[uint64]bool // goroutines that the check whose label they have has judged
	unjudged map[uint64]bool // scopes of checks that have not judged theirs, as for a test that fails
}

// judged records the goroutines with the label of a check, when it ends, or that it has not looked.
func (m *memory) judged(scope uint64, ids []uint64, unjudged bool) {
	if len(ids) == 0 && !unjudged {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.over == nil {
		m.over, m.unjudged = make(map[uint64]bool), make(map[uint64]bool)
	}
	for _, id := range ids {
		m.over[id] = true
	}
	if unjudged {
		m.unjudged[scope] = true
	}
}

func (m *memory) isJudged(id uint64) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.over[id]
}

func (m *memory) isUnjudged(scope uint64) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.unjudged[scope]
}

// begin returns the baseline of a check. It dumps all stacks if too little is known and a dump is
// cheap or rare. It is rare if the last one was long ago compared with its cost.
func (m *memory) begin(start goroutine.Counts, s probe.Scope) baseline {
	m.mu.Lock()
	b := baseline{ids: m.ids, dumps: m.dumps}
	since, noRunners := start.Created-m.created, m.runners == 0
	known := m.dumps > 0 && start.Created >= m.created
	stuck := start.Pending > m.pending // a finalizer may block on a goroutine that was idle at the last dump
	m.pending = min(m.pending, start.Pending)
	cheap := start.Live <= few
	if len(m.costs) > 0 {
		// Use the least cost, because a loaded machine makes a dump seem slow.
		cheap = cheap || time.Since(m.begun) > 50*time.Duration(start.Live)*slices.Min(m.costs)
	}
	m.mu.Unlock()
	if s.Outside || s.Suite || !start.Known {
		if s.Suite && start.Known && start.Pending == 0 && runtime.NumGoroutine() == 1 {
			return m.onlyMain(b, s, start)
		}
		return m.fresh(b)
	}
	switch {
	case !known, stuck:
	case since == 0, since == 1 && s.Runner && s.ToEnd && noRunners: // the new goroutine runs this test
		b.exact = true
	case since == 1 && s.FromStart && !s.ToEnd: // the new goroutine, of the testing package, reads what this example prints
		b.exact = true
	case since == 1: // perhaps it runs this test too, and was not there at the last dump
		b.self = self()
		b.exact = !b.has(b.self)
	}
	if b.exact || known && !cheap {
		return b
	}
	return m.fresh(b)
}

// fresh completes a baseline by a new dump.
func (m *memory) fresh(b baseline) baseline {
	dump(func(d *census) { b.ids, b.exact, b.self = d.ids, !d.CutOff, d.self })
	m.mu.Lock()
	defer m.mu.Unlock()
	m.begun = time.Now()
	return b
}

// mainID is the id of the main goroutine, the first one of a process.
const mainID = 1

// onlyMain completes the baseline of a suite that begins while only the main goroutine exists. It
// remembers what a dump would show. The first dump of a process takes long, as much of its memory is
// used for the first time, and many suites need none.
func (m *memory) onlyMain(b baseline, s probe.Scope, counts goroutine.Counts) baseline {
	b.ids, b.exact, b.self = []uint64{mainID}, true, mainID
	m.mu.Lock()
	defer m.mu.Unlock()
	m.dumps++
	m.created, m.pending, m.ids, m.runners = counts.Created, counts.Pending, b.ids, 0
	m.busy, m.loose = map[string]bool{s.Label(): true}, nil
	return b
}

// know remembers a dump. The goroutines were counted before it.
func (m *memory) know(counts goroutine.Counts, d *census) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.dumps > 0 && counts.Created < m.created {
		return
	}
	const kept = 8
	if len(m.costs) == kept {
		m.costs = slices.Delete(m.costs, 0, 1)
	}
	m.costs = append(m.costs, d.Took/time.Duration(max(few, len(d.ids))))
	m.dumps++
	m.created, m.pending, m.ids, m.runners = counts.Created, counts.Pending, d.ids, d.runners
	m.busy, m.loose = make(map[string]bool, len(d.byLabel)), nil
	for label := range d.byLabel {
		m.busy[label] = true
	}
	for _, r := range d.byLabel[""] {
		if r.ID() != d.self {
			m.loose = append(m.loose, r.ID())
		}
	}
}

// clears reports whether a check needs no dump: it had nothing left at the last dump and no
// goroutine was started since. So tests that end together need only one dump.
func (m *memory) clears(s probe.Scope, b baseline, created uint64) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.dumps <= b.dumps || m.created != created || s.Outside || m.busy[s.Label()] {
		return false
	}
	return !slices.ContainsFunc(m.loose, func(id uint64) bool { return !b.has(id) })
}

// keep remembers that there were no goroutines but those of baseline b when now was counted, except
// the one that runs a test.
func (m *memory) keep(b baseline, now goroutine.Counts) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if b.exact && m.dumps > 0 && now.Created > m.created {
		m.created, m.pending, m.ids = now.Created, now.Pending, b.ids
	}
}

// ended records that a test which began a check with baseline b is over. If there was a dump since,
// it saw the goroutine that ran the test.
func (m *memory) ended(b baseline) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.dumps > b.dumps && m.runners > 0 {
		m.runners--
	}
}

func self() (id uint64) {
	var buf [64]byte
	for r := range goroutine.Records(buf[:runtime.Stack(buf[:], false)]) {
		id = r.ID()
	}
	return id
}
