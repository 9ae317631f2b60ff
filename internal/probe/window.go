package probe

import (
	"bytes"
	"slices"
	"strings"

	"github.com/leakassert/leakassert/internal/goroutine"
)

// take hands out the parked checks of whose windows c was the last; judged takes
// note that they have been judged.
func (r *registry) take(c *Check) (taken []*Check) {
	r.mu.Lock()
	var waiting []*Check
	for _, p := range r.parked {
		if p.end != 0 && (p == c || c.rivals(p) || r.orphans || len(r.active) == 0) && !r.hasRival(p, all) {
			waiting = append(waiting, p)
		}
	}
	r.orphans = false
	r.mu.Unlock()
	ready := r.ready(waiting)
	if len(ready) == 0 {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, p := range ready {
		if i := slices.Index(r.parked, p); i >= 0 {
			r.parked = slices.Delete(r.parked, i, i+1)
			taken = append(taken, p)
		}
	}
	r.taken += len(taken)
	return taken
}

func (r *registry) judged(taken []*Check) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.taken -= len(taken)
}

func (r *registry) park(c *Check) {
	r.mu.Lock()
	r.parked = append(r.parked, c)
	r.mu.Unlock()
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

// ready are those of the checks, which have looked, that have no rival left: no
// active check whose test may have acquired what they have seen, or hold it.
func (r *registry) ready(checks []*Check) []*Check {
	checks = r.withoutRival(checks, all)
	if len(r.withoutRival(checks, func(uint64) bool { return false })) == len(checks) {
		return checks
	}
	paused := paused()
	return r.withoutRival(checks, func(id uint64) bool { return paused[id] })
}

func all(uint64) bool { return true }

func (r *registry) withoutRival(checks []*Check, paused func(id uint64) bool) (without []*Check) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range checks {
		if !r.hasRival(c, paused) {
			without = append(without, c)
		}
	}
	return without
}

func (r *registry) hasRival(c *Check, paused func(id uint64) bool) bool {
	for id, o := range r.active {
		if o.rivals(c) && !(paused(id) && o.pausedBefore(c)) {
			return true
		}
	}
	return false
}

// rivals reports whether o began before c's first look, and is not around c.
func (o *Check) rivals(c *Check) bool { return o.begin < c.over && !o.surrounds(c) }

// pausedBefore reports whether o's test, if it is paused in t.Parallel, has been
// since before c began: what it holds is older than c. Tests run one after the
// other, until they pause, among those of one parent.
func (o *Check) pausedBefore(c *Check) bool {
	parent := o.Scope.Test[:strings.LastIndexByte(o.Scope.Test, '/')+1]
	return o.begin < c.begin && strings.HasPrefix(c.Scope.Test, parent)
}

// running reports whether a check of one of the tests is active.
func (r *registry) running(tests []string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range r.active {
		if slices.ContainsFunc(tests, c.Scope.Names) {
			return true
		}
	}
	return false
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
		if s.end > c.begin && s.begin < c.over {
			names = append(names, s.test)
		}
	}
	slices.Sort(names)
	for _, n := range slices.Compact(names) {
		if n != "" && !strings.HasPrefix(c.Scope.Test+"/", n+"/") && !strings.HasPrefix(n, c.Scope.Test+"/") {
			window = append(window, n)
		}
	}
	return window
}

// paused are the checks whose tests are paused in t.Parallel: such a test waits
// for the sequential ones, or for its turn, and acquires nothing. Subtests
// inherit the label of their test, which can go on while they are paused.
func paused() map[uint64]bool {
	found := make(map[uint64]bool)
	var going []uint64
	goroutine.Dump(func(text []byte) {
		for rec := range goroutine.Records(text) {
			label, ok := rec.Label(LabelKey)
			if !ok {
				continue
			}
			switch stack := rec.Text(); {
			case bytes.Contains(stack, []byte("\ntesting.(*T).Parallel(")):
				found[ScopeOfLabel(label)] = true
			case bytes.Contains(stack, []byte("\ntesting.tRunner(")), bytes.Contains(stack, []byte("\ntesting.fRunner(")):
				going = append(going, ScopeOfLabel(label))
			}
		}
	})
	for _, id := range going {
		delete(found, id)
	}
	return found
}
