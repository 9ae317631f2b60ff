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
	valid   bool
}

// smallDump is how many goroutines a begin that knows too little may dump: few
// enough that it costs less than starting a test.
const smallDump = 64

func (m *memory) begin(created uint64, counted bool, s Scope) baseline {
	if s.Outside || s.Suite || !counted {
		return m.fresh()
	}
	ids, since, valid := m.recall(created)
	b := baseline{ids: ids, exact: valid && since == 0}
	if valid && since == 1 {
		// Most often the goroutine that runs the test: if it was not there
		// at the last dump, nothing else was started since.
		b.self = self()
		b.exact = !b.has(b.self)
	}
	if b.exact {
		return b
	}
	if _, live, _ := goroutine.Counts(); live > smallDump {
		return b
	}
	return m.fresh()
}

// fresh is a baseline by a dump of its own.
func (m *memory) fresh() (b baseline) {
	dump(func(d *census) { b = baseline{ids: d.ids, exact: true, self: d.self} })
	return b
}

func (m *memory) recall(created uint64) (ids []uint64, since uint64, valid bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.ids, created - m.created, m.valid && created >= m.created
}

// know takes over a dump; created was counted before it.
func (m *memory) know(created uint64, ids []uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.valid || created >= m.created {
		m.created, m.ids, m.valid = created, ids, true
	}
}

// keep says that since a check began with baseline b no goroutine was started:
// what b knew is the state as of created.
func (m *memory) keep(b baseline, created uint64) {
	if !b.exact {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.valid && created > m.created {
		m.created, m.ids = created, b.ids
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
