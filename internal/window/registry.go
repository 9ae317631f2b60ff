// Package window knows which checks overlap in time, and decides who owns a leak.
package window

import (
	"cmp"
	"strconv"
	"strings"
	"sync"

	"github.com/leakassert/leakassert/internal/names"
	"github.com/leakassert/leakassert/internal/probe"
)

// A Registry holds the active checks of a process, and ended checks that overlap an active one. The
// zero Registry is empty and ready for use.
type Registry struct {
	mu     sync.Mutex
	lastID uint64
	clock  uint64 // counts begins and ends
	active map[uint64]*Member
	byTB   map[any]*Member
	byTest map[string]*Member
	ended  []span
	parked []*Member         // ended checks whose process-wide leaks wait for the last overlapping check
	taken  int               // parked checks that are being judged
	known  map[string]uint64 // process-wide leaks that were reported or let pass, and when
	suite  *Member           // the check around all others; not in active
	whole  int               // how many of active are of whole tests
}

// A Member is a check as the registry sees it.
type Member struct {
	probe.Scope
	// Holder stands for the check. This package does not use it.
	Holder any

	outer      *Member
	tb         any
	begin, end uint64
	over       uint64 // the body's end: when the first look had found something
	begun      uint64 // how many checks had begun at that time
	alone      bool   // no other check was active at that time
}

func (c *Member) Alone() bool { return c.alone }

// Over reports whether c has looked and found something.
func (c *Member) Over() bool { return c.over != 0 }

// Again makes c begin its judgement anew.
func (c *Member) Again() { c.over = 0 }

// Outer returns the check around c when c began, nil if there was none.
func (c *Member) Outer() *Member { return c.outer }

// A span is a check that has ended. A window needs its name.
type span struct {
	test       string
	begin, end uint64
}

// Add makes c, a check of the test tb, active. It does not search the lists, so its cost does not
// depend on the number of checks. It calls ownLabel, which reads the label of the calling
// goroutine, if another test of the same name is active.
func (r *Registry) Add(c *Member, tb any, ownLabel func() string) {
	label := ""
	if r.namesake(tb, c.Test) {
		label = ownLabel() // not under the lock, which is held during dumps
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.active == nil {
		r.active = make(map[uint64]*Member)
		r.byTB = make(map[any]*Member)
		r.byTest = make(map[string]*Member)
		r.known = make(map[string]uint64)
	}
	r.lastID++
	r.clock++
	c.ID, c.begin = r.lastID, r.clock
	// Go 1.26 prints bytes that are not UTF-8 as another character.
	c.SetLabel(strings.ToValidUTF8(c.Test, "?") + " #" + strconv.FormatUint(c.ID, 10))
	if c.Suite {
		r.suite = c
		return
	}
	names.KnowTest(c.Test)
	r.active[c.ID] = c
	if c.WholeTest() {
		c.Paused = r.whole
		r.whole++
	}
	c.outer = r.owner(tb, c.Test, label)
	if c.Borrows && c.outer != nil && !c.outer.Suite {
		c.SetLabel(c.outer.Label())
	}
	if probe.Hashable(tb) {
		c.tb = tb
		r.byTB[tb] = c
	}
	if c.Test != "" {
		r.byTest[c.Test] = c
	}
}

// BodyOver records that c has looked for the first time and found something.
func (r *Registry) BodyOver(c *Member) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.clock++
	c.over = r.clock
	c.alone = c.alone && c.begun == r.lastID
	c.begun = r.lastID
}

// BeforeLook records which checks are active just before c's first look.
func (r *Registry) BeforeLook(c *Member) {
	if c.over != 0 {
		return
	}
	c.begun = r.begins()
	c.alone = !r.HasOthers(c)
}

// Quiet reports whether no other check has been active since c's first look.
func (r *Registry) Quiet(c *Member) bool { return c.alone && c.begun == r.begins() }

// Remove ends c. In the windows of other checks c ended with its first look.
func (r *Registry) Remove(c *Member) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.clock++
	c.end = r.clock
	if r.suite == c {
		r.suite = nil
	}
	delete(r.active, c.ID)
	if c.WholeTest() {
		r.whole--
	}
	if c.tb != nil && r.byTB[c.tb] == c {
		delete(r.byTB, c.tb)
		if o := c.around(func(o *Member) bool { return o.tb == c.tb }); o != nil {
			r.byTB[c.tb] = o
		}
	}
	if r.byTest[c.Test] == c {
		delete(r.byTest, c.Test)
		if o := c.around(func(o *Member) bool { return o.Test == c.Test }); o != nil {
			r.byTest[c.Test] = o
		}
	}
	if len(r.active)+len(r.parked)+r.taken > 0 {
		s := span{c.Test, c.begin, cmp.Or(c.over, c.end)}
		if n := len(r.ended); n > 0 && r.ended[n-1].test == s.test && r.ended[n-1].end+1 == s.begin {
			r.ended[n-1].end = s.end // a body may contain any number of checks, one after the other
			return
		}
		r.ended = append(r.ended, s)
	}
}

// around returns the innermost check around c that has not ended and for which is returns true.
func (c *Member) around(is func(*Member) bool) *Member {
	for o := c.outer; o != nil; o = o.outer {
		if o.end == 0 && is(o) {
			return o
		}
	}
	return nil
}

// Innermost returns c or, if c has ended, the innermost check around it that has not.
func (r *Registry) Innermost(c *Member) *Member {
	r.mu.Lock()
	defer r.mu.Unlock()
	if c == nil || c.end == 0 {
		return c
	}
	return c.around(func(*Member) bool { return true })
}

// namesake reports whether another t of the same name has an active check. Ginkgo makes a new t at
// each call, and tests of the same name can run at the same time. Only the goroutine's label
// distinguishes them.
func (r *Registry) namesake(tb any, test string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.byTest[test] != nil && !(probe.Hashable(tb) && r.byTB[tb] != nil)
}

// owner returns the innermost active check of t, or of the test that has t as a subtest. label is
// the goroutine's, if there is a namesake.
func (r *Registry) owner(tb any, test string, label string) *Member {
	if probe.Hashable(tb) {
		if c := r.byTB[tb]; c != nil {
			return c
		}
	}
	if c := r.active[probe.ScopeOfLabel(label)]; c != nil && c.Test == test {
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

// Around returns the active checks of exactly this t that last until its cleanups, the innermost
// first.
func (r *Registry) Around(tb any) (around []*Member) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !probe.Hashable(tb) {
		return nil
	}
	for c := r.byTB[tb]; c != nil && c.tb == tb; c = c.outer {
		if c.ToEnd && c.end == 0 {
			around = append(around, c)
		}
	}
	return around
}

// begins returns how many checks have begun.
func (r *Registry) begins() uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.lastID
}

// Forget drops the ended checks that overlap no active one.
func (r *Registry) Forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.active)+len(r.parked)+r.taken == 0 {
		r.ended = nil
		if r.suite == nil { // the suite's snapshot is older than every known leak
			clear(r.known)
		}
	}
}

// IsKnown reports whether a process-wide leak was reported or let pass since c began. A leak that
// was there before is in c's snapshot. If it was closed and is there again, it is c's.
func (r *Registry) IsKnown(c *Member, l probe.Leak) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.isKnown(c, l)
}

func (r *Registry) isKnown(c *Member, l probe.Leak) bool {
	at, known := r.known[l.Key()]
	return known && at >= c.begin
}

// Claim reports whether a leak of c was unknown, and makes it known. So of two checks that judge at
// the same time only one gets it.
func (r *Registry) Claim(c *Member, l probe.Leak) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	known := r.isKnown(c, l)
	if !known && l.ID != "" {
		r.known[l.Key()] = r.clock
	}
	return !known
}

// MarkReported records leaks that were reported or let pass.
func (r *Registry) MarkReported(leaks []probe.Leak) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, l := range leaks {
		if l.ID != "" {
			r.known[l.Key()] = r.clock
		}
	}
}
