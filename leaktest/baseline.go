package leaktest

import (
	"runtime"
	"slices"
	"sync"

	"github.com/leakassert/leakassert/internal/goroutine"
)

// A baseline is what is known of the goroutines that existed when a check began.
type baseline struct {
	ids   []uint64 // sorted; all of them if exact
	exact bool
	self  uint64 // the goroutine that began the check; 0 if not asked for
	dumps uint64 // as of before the check began
}

func (b baseline) has(id uint64) bool {
	_, found := slices.BinarySearch(b.ids, id)
	return found
}

// remembered is the memory of the last dump. A begin has no dump of its own,
// whose cost would grow with the number of goroutines: it counts the goroutines
// that were started since the last one, and when that is none, or only the one
// that runs the test, the last dump is an exact baseline.
var remembered memory

type memory struct {
	mu      sync.Mutex
	created uint64 // goroutines started in this process, as of ids
	ids     []uint64
	dumps   uint64 // how many there were; 0: nothing is known
	// runners is how many of ids run a test that has not ended. When it is 0
	// whoever runs a test now is not among ids.
	runners int
	// busy are the labels of checks with goroutines at the last dump, loose the
	// goroutines without a label.
	busy  map[string]struct{}
	loose []uint64
}

// smallDump is how many goroutines a begin that knows too little may dump: few
// enough that it costs less than starting a test.
const smallDump = 64

func (m *memory) begin(created uint64, counted bool, s Scope) baseline {
	m.mu.Lock()
	b := baseline{ids: m.ids, dumps: m.dumps}
	since, known, noRunners := created-m.created, m.dumps > 0 && created >= m.created, m.runners == 0
	m.mu.Unlock()
	if s.Outside || s.Suite || !counted {
		return m.fresh(b)
	}
	switch {
	case !known:
	case since == 0:
		b.exact = true
	case since == 1 && s.Runner && s.ToEnd && noRunners:
		b.exact = true // it is the goroutine that runs this test
	case since == 1:
		// Perhaps too: then it was not there at the last dump.
		b.self = self()
		b.exact = !b.has(b.self)
	}
	if b.exact {
		return b
	}
	if _, live, _ := goroutine.Counts(); live > smallDump {
		return b
	}
	return m.fresh(b)
}

// fresh is a baseline by a dump of its own.
func (m *memory) fresh(b baseline) baseline {
	dump(func(d *census) { b.ids, b.exact, b.self = d.ids, true, d.self })
	return b
}

// know takes over a dump; created was counted before it.
func (m *memory) know(created uint64, d *census) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.dumps > 0 && created < m.created {
		return
	}
	m.dumps++
	m.created, m.ids, m.runners = created, d.ids, d.runners
	m.busy, m.loose = make(map[string]struct{}, len(d.labelled)), nil
	for label := range d.labelled {
		m.busy[label] = struct{}{}
	}
	for _, r := range d.loose {
		if r.ID() != d.self {
			m.loose = append(m.loose, r.ID())
		}
	}
}

// clears reports whether it is known without a dump that a check has nothing
// left: at the last one it had not, and no goroutine was started since. So many
// tests that end together need one dump among them.
func (m *memory) clears(s Scope, b baseline, created uint64) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.dumps <= b.dumps || m.created != created || s.Outside {
		return false
	}
	if _, busy := m.busy[s.Label()]; busy {
		return false
	}
	return !slices.ContainsFunc(m.loose, func(id uint64) bool { return !b.has(id) })
}

// keep says that since a check began with baseline b no goroutine was started:
// what b knew is the state as of created.
func (m *memory) keep(b baseline, created uint64) {
	if !b.exact {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.dumps > 0 && created > m.created {
		m.created, m.ids = created, b.ids
	}
}

// ended says that a test which began a check with baseline b is over: if there
// was a dump since, the goroutine that ran it was seen.
func (m *memory) ended(b baseline) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.dumps > b.dumps && m.runners > 0 {
		m.runners--
	}
}

// self is the number of the calling goroutine.
func self() (id uint64) {
	var buf [64]byte
	n := runtime.Stack(buf[:], false)
	for r := range goroutine.Records(buf[:n]) {
		return r.ID()
	}
	return 0
}
