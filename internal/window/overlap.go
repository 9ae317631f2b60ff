package window

import (
	"slices"
	"strings"
)

// Take removes and returns the parked checks whose last overlapping check was c. The caller must
// call Judged when it has judged them.
func (r *Registry) Take(c *Member, paused func() map[uint64]bool) (taken []*Member) {
	r.mu.Lock()
	var waiting []*Member
	for _, p := range r.parked {
		if p.end != 0 && (p == c || c.rivals(p) || len(r.active) == 0) && !r.hasRival(p, all) {
			waiting = append(waiting, p)
		}
	}
	r.mu.Unlock()
	ready := r.Ready(waiting, paused)
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

// Judged records that checks from Take have been judged.
func (r *Registry) Judged(taken []*Member) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.taken -= len(taken)
}

// Park keeps c, which has ended, until the last check that it overlaps ends.
func (r *Registry) Park(c *Member) {
	r.mu.Lock()
	r.parked = append(r.parked, c)
	r.mu.Unlock()
}

// HasOthers reports whether a check other than c and those around it is active.
func (r *Registry) HasOthers(c *Member) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	around := 0
	for o := c; o != nil; o = o.outer {
		if r.active[o.ID] == o {
			around++
		}
	}
	return len(r.active) > around
}

// Ready returns the given checks that have no rival left. A rival is an active check whose test may
// have acquired what they have seen, or hold it. If it matters, Ready calls paused for the checks
// whose tests are paused in t.Parallel.
func (r *Registry) Ready(checks []*Member, paused func() map[uint64]bool) []*Member {
	checks = r.withoutRival(checks, all)
	if len(r.withoutRival(checks, func(uint64) bool { return false })) == len(checks) {
		return checks
	}
	are := paused()
	return r.withoutRival(checks, func(id uint64) bool { return are[id] })
}

func all(uint64) bool { return true }

func (r *Registry) withoutRival(checks []*Member, paused func(id uint64) bool) []*Member {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(checks), func(c *Member) bool { return r.hasRival(c, paused) })
}

func (r *Registry) hasRival(c *Member, paused func(id uint64) bool) bool {
	for id, o := range r.active {
		if o.rivals(c) && !(paused(id) && o.pausedBefore(c)) {
			return true
		}
	}
	return false
}

// rivals reports whether o began before c's first look and is not around c.
func (o *Member) rivals(c *Member) bool { return o.begin < c.over && !o.surrounds(c) }

// pausedBefore reports whether o's test, if it is paused in t.Parallel, was paused before c began:
// what it holds is then older than c. Tests of one parent run one after the other until they pause.
func (o *Member) pausedBefore(c *Member) bool {
	parent := o.Test[:strings.LastIndexByte(o.Test, '/')+1]
	return o.begin < c.begin && strings.HasPrefix(c.Test, parent)
}

func (r *Registry) Running(tests []string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range r.active {
		if slices.ContainsFunc(tests, c.Names) {
			return true
		}
	}
	return false
}

// surrounds reports whether o is c or a check around it, of the same test or of a test that has c's
// test as a subtest.
func (o *Member) surrounds(c *Member) bool {
	for ; c != nil; c = c.outer {
		if c == o {
			return true
		}
	}
	return false
}

// Window returns the names of the tests whose checks overlapped c, c's own first. It leaves out the
// checks around c and those of c's subtests.
func (r *Registry) Window(c *Member) []string {
	window := []string{c.Test}
	if c.Suite {
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
		if n != "" && !strings.HasPrefix(c.Test+"/", n+"/") && !strings.HasPrefix(n, c.Test+"/") {
			window = append(window, n)
		}
	}
	return window
}

func (r *Registry) Active(id uint64) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.active[id] != nil
}
