package probe

import (
	"bytes"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/leakassert/leakassert/internal/goroutine"
)

// LabelKey is the pprof label under which a check marks its goroutines.
const LabelKey = "leaktest"

// Label is the value of the scope's pprof label: the test's name, for the
// reader of a profile, and a number that makes it unique. Outside of tests it
// is "".
func (s Scope) Label() string { return s.label }

// ScopeOfLabel is the scope that a label value names; 0 when it names none.
func ScopeOfLabel(value string) uint64 {
	i := strings.LastIndex(value, " #")
	if i < 0 {
		return 0
	}
	id, err := strconv.ParseUint(value[i+2:], 10, 64)
	if err != nil {
		return 0
	}
	return id
}

// checks is the registry of the checks that are active in this process and of
// those that have ended while one that they overlap is still active.
var checks registry

type registry struct {
	mu     sync.Mutex
	lastID uint64
	clock  uint64 // counts begins and ends
	active map[uint64]*Check
	byTB   map[any]*Check
	byTest map[string]*Check
	ended  []span
	parked []*Check            // checks of the window whose process-wide leaks wait for the last one
	known  map[string]struct{} // process-wide leaks that a check has reported or let pass
	suite  *Check              // around all of them; not one of active
}

// A span is a check that has ended, for the names of a window.
type span struct {
	test       string
	begin, end uint64
}

// add makes c active. Its lists are not looked through: a begin costs the same
// however many checks there are.
func (r *registry) add(c *Check, tb any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.active == nil {
		r.active = make(map[uint64]*Check)
		r.byTB = make(map[any]*Check)
		r.byTest = make(map[string]*Check)
		r.known = make(map[string]struct{})
	}
	r.lastID++
	r.clock++
	c.Scope.ID, c.begin = r.lastID, r.clock
	// Go 1.26 prints bytes that are not UTF-8 as another character.
	c.Scope.label = strings.ToValidUTF8(c.Scope.Test, "?") + " #" + strconv.FormatUint(c.Scope.ID, 10)
	if c.Scope.Suite {
		r.suite = c
		return
	}
	r.active[c.Scope.ID] = c
	c.outer = r.owner(tb, c.Scope.Test)
	if c.Scope.Borrows && c.outer != nil && !c.outer.Scope.Suite {
		c.Scope.label = c.outer.Scope.label
	}
	if comparable(tb) {
		c.tb = tb
		r.byTB[tb] = c
	}
	if c.Scope.Test != "" {
		r.byTest[c.Scope.Test] = c
	}
}

// remove ends c. The last check of a window gets what the others have parked.
func (r *registry) remove(c *Check, alone func() bool) (parked []*Check) {
	r.mu.Lock()
	r.clock++
	c.end = r.clock
	if r.suite == c {
		r.suite = nil
	}
	delete(r.active, c.Scope.ID)
	if c.tb != nil && r.byTB[c.tb] == c {
		delete(r.byTB, c.tb)
		if c.outer != nil && c.outer.tb == c.tb {
			r.byTB[c.tb] = c.outer
		}
	}
	if r.byTest[c.Scope.Test] == c {
		delete(r.byTest, c.Scope.Test)
		if c.outer != nil && c.outer.Scope.Test == c.Scope.Test {
			r.byTest[c.Scope.Test] = c.outer
		}
	}
	if len(r.active) > 0 || len(r.parked) > 0 {
		r.ended = append(r.ended, span{c.Scope.Test, c.begin, c.end})
	}
	waiting := len(r.parked) > 0
	r.mu.Unlock()

	if !waiting || !alone() {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	parked, r.parked = r.parked, nil
	return parked
}

// owner is the innermost active check that t, or the test t is a subtest of,
// belongs to.
func (r *registry) owner(tb any, test string) *Check {
	if comparable(tb) {
		if c := r.byTB[tb]; c != nil {
			return c
		}
	}
	for test != "" {
		if c := r.byTest[test]; c != nil {
			return c
		}
		i := strings.LastIndexByte(test, '/')
		if i < 0 {
			break
		}
		test = test[:i]
	}
	return r.suite
}

// ActiveToEnd is the check that lasts until the cleanups of exactly this t.
func ActiveToEnd(tb any) *Check {
	checks.mu.Lock()
	defer checks.mu.Unlock()
	if !comparable(tb) {
		return nil
	}
	for c := checks.byTB[tb]; c != nil && c.tb == tb; c = c.outer {
		if c.Scope.ToEnd {
			return c
		}
	}
	return nil
}

// comparable reports whether a value can be a map's key: a TB of the user's own
// need not be.
func comparable(tb any) bool {
	if tb == nil {
		return false
	}
	return reflect.TypeOf(tb).Kind() == reflect.Pointer || reflect.ValueOf(tb).Comparable()
}

func (r *registry) park(c *Check) {
	r.mu.Lock()
	r.parked = append(r.parked, c)
	r.mu.Unlock()
}

// begins counts the checks that have begun.
func (r *registry) begins() uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.lastID
}

// hasOthers reports whether a check besides c and those around it is active.
func (r *registry) hasOthers(c *Check) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	around := 0
	for o := c.outer; o != nil; o = o.outer {
		if r.active[o.Scope.ID] == o {
			around++
		}
	}
	if r.active[c.Scope.ID] == c {
		around++
	}
	return len(r.active) > around
}

// others are the active checks besides c and those around it.
func (r *registry) others(c *Check) (ids []uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for id, o := range r.active {
		if !o.surrounds(c) {
			ids = append(ids, id)
		}
	}
	return ids
}

// surrounds reports whether o is c or a check around it, of the same test or of
// one that c's is a subtest of.
func (o *Check) surrounds(c *Check) bool {
	for ; c != nil; c = c.outer {
		if c == o {
			return true
		}
	}
	return false
}

// window names the tests whose checks overlapped c, c itself first; those
// around it and its own subtests do not count.
func (r *registry) window(c *Check) []string {
	window := []string{c.Scope.Test}
	if c.Scope.Suite {
		return window
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	var names []string
	for _, s := range r.ended {
		if s.end > c.begin && (c.end == 0 || s.begin < c.end) {
			names = append(names, s.test)
		}
	}
	for _, o := range r.active {
		if !o.surrounds(c) {
			names = append(names, o.Scope.Test)
		}
	}
	slices.Sort(names)
	for _, n := range slices.Compact(names) {
		if n != c.Scope.Test && n != "" && !strings.HasPrefix(n, c.Scope.Test+"/") {
			window = append(window, n)
		}
	}
	return window
}

// forget drops the ended checks that no active one overlaps.
func (r *registry) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.active) == 0 && len(r.parked) == 0 {
		r.ended = nil
		if r.suite == nil { // whose snapshot is older than all that is known
			clear(r.known)
		}
	}
}

func (r *registry) isKnown(l Leak) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, known := r.known[l.Kind+" "+l.ID]
	return known
}

func (r *registry) know(leaks []Leak) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, l := range leaks {
		if l.ID != "" {
			r.known[l.Kind+" "+l.ID] = struct{}{}
		}
	}
}

// running leaves of the checks with these ids those whose test is not paused in
// t.Parallel: a paused test waits for the sequential ones and acquires nothing.
func running(ids []uint64) []uint64 {
	if len(ids) == 0 {
		return nil
	}
	paused := make(map[uint64]bool)
	inParallel := []byte("\ntesting.(*T).Parallel(")
	goroutine.Dump(func(text []byte) {
		for rec := range goroutine.Records(text) {
			if label, ok := rec.Label(LabelKey); ok && bytes.Contains(rec.Text(), inParallel) {
				paused[ScopeOfLabel(label)] = true
			}
		}
	})
	return slices.DeleteFunc(ids, func(id uint64) bool { return paused[id] })
}
