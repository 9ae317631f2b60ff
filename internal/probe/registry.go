package probe

import (
	"cmp"
	"reflect"
	"strconv"
	"strings"
	"sync"

	"github.com/leakassert/leakassert/internal/goroutine"
)

// checks is the registry of the checks that are active in this process and of
// those that have ended while one that they overlap is still active.
var checks registry

type registry struct {
	mu      sync.Mutex
	lastID  uint64
	clock   uint64 // counts begins and ends
	active  map[uint64]*Check
	byTB    map[any]*Check
	byTest  map[string]*Check
	ended   []span
	parked  []*Check            // ended checks whose process-wide leaks wait for the last one of their window
	taken   int                 // parked ones that are being judged
	orphans bool                // a check that parked ones wait for was abandoned
	known   map[string]uint64   // process-wide leaks that a check has reported or let pass, and when
	suite   *Check              // around all of them; not one of active
	tests   map[string]struct{} // functions that are known to be tests
}

// A span is a check that has ended, for the names of a window.
type span struct {
	test       string
	begin, end uint64
}

// add makes c active. Its lists are not looked through: a begin costs the same
// however many checks there are.
func (r *registry) add(c *Check, tb any) {
	label := ""
	if r.namesake(tb, c.Scope.Test) {
		label, _ = goroutine.OwnLabel(LabelKey) // not under the lock, which is taken during dumps
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.active == nil {
		r.active = make(map[uint64]*Check)
		r.byTB = make(map[any]*Check)
		r.byTest = make(map[string]*Check)
		r.known = make(map[string]uint64)
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
	r.knowTest(c.Scope.Test)
	r.active[c.Scope.ID] = c
	c.outer = r.owner(tb, c.Scope.Test, label)
	if c.Scope.Borrows && c.outer != nil && !c.outer.Scope.Suite {
		c.Scope.label = c.outer.Scope.label
	}
	if Hashable(tb) {
		c.tb = tb
		r.byTB[tb] = c
	}
	if c.Scope.Test != "" {
		r.byTest[c.Scope.Test] = c
	}
}

// bodyOver notes that c has looked for the first time and has found something.
func (r *registry) bodyOver(c *Check) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.clock++
	c.over = r.clock
	c.alone = c.alone && c.begun == r.lastID
	c.begun = r.lastID
}

// abandon removes c, which will not judge those that wait for it.
func (r *registry) abandon(c *Check) {
	r.remove(c)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.orphans = len(r.parked) > 0
}

// remove ends c. For others its part in their windows is over when it has looked.
func (r *registry) remove(c *Check) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.clock++
	c.end = r.clock
	if r.suite == c {
		r.suite = nil
	}
	delete(r.active, c.Scope.ID)
	if c.tb != nil && r.byTB[c.tb] == c {
		delete(r.byTB, c.tb)
		if o := c.around(func(o *Check) bool { return o.tb == c.tb }); o != nil {
			r.byTB[c.tb] = o
		}
	}
	if r.byTest[c.Scope.Test] == c {
		delete(r.byTest, c.Scope.Test)
		if o := c.around(func(o *Check) bool { return o.Scope.Test == c.Scope.Test }); o != nil {
			r.byTest[c.Scope.Test] = o
		}
	}
	if len(r.active)+len(r.parked)+r.taken > 0 {
		r.ended = append(r.ended, span{c.Scope.Test, c.begin, cmp.Or(c.over, c.end)})
	}
}

// around is the innermost check around c that has not ended and is as asked for.
func (c *Check) around(is func(*Check) bool) *Check {
	for o := c.outer; o != nil; o = o.outer {
		if o.end == 0 && is(o) {
			return o
		}
	}
	return nil
}

// innermost is c, or if that has ended, the innermost one around it that has not.
func (r *registry) innermost(c *Check) *Check {
	r.mu.Lock()
	defer r.mu.Unlock()
	if c == nil || c.end == 0 {
		return c
	}
	return c.around(func(*Check) bool { return true })
}

// namesake reports whether another t of the same name has an active check: that
// of Ginkgo, which makes a new t at each call, or of a test that runs at the
// same time and is called the same. Only the goroutine's label tells which.
func (r *registry) namesake(tb any, test string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.byTest[test] != nil && !(Hashable(tb) && r.byTB[tb] != nil)
}

// owner is the innermost active check that t, or the test t is a subtest of,
// belongs to; label is that of the goroutine, if there is a namesake.
func (r *registry) owner(tb any, test string, label string) *Check {
	if Hashable(tb) {
		if c := r.byTB[tb]; c != nil {
			return c
		}
	}
	if c := r.active[ScopeOfLabel(label)]; c != nil && c.Scope.Test == test {
		return c
	}
	for {
		i := strings.LastIndexByte(test, '/')
		if i < 0 {
			return r.suite
		}
		test = test[:i]
		if c := r.byTest[test]; c != nil {
			return c
		}
	}
}

// ActiveToEnd is the check that lasts until the cleanups of exactly this t and
// was asked for by a package, "" for the one that Main has begun.
func ActiveToEnd(tb any, by string) *Check {
	checks.mu.Lock()
	defer checks.mu.Unlock()
	if !Hashable(tb) {
		return nil
	}
	for c := checks.byTB[tb]; c != nil && c.tb == tb; c = c.outer {
		if c.Scope.ToEnd && c.Scope.By == by {
			return c
		}
	}
	return nil
}

// Hashable reports whether a value can be a map's key: a TB of the user's own
// need not be.
func Hashable(tb any) bool {
	if tb == nil {
		return false
	}
	return reflect.TypeOf(tb).Kind() == reflect.Pointer || reflect.ValueOf(tb).Comparable()
}

// begins counts the checks that have begun.
func (r *registry) begins() uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.lastID
}

// forget drops the ended checks that no active one overlaps.
func (r *registry) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.active)+len(r.parked)+r.taken == 0 {
		r.ended = nil
		if r.suite == nil { // whose snapshot is older than all that is known
			clear(r.known)
		}
	}
}
