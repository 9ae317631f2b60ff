// Package pipeline runs one check: snapshot, body, settle, explain. It calls probes and knows
// nothing about kinds of resources.
package pipeline

import (
	"slices"
	"time"

	"github.com/leakassert/leakassert/internal/goroutine"
	"github.com/leakassert/leakassert/internal/plan"
	"github.com/leakassert/leakassert/internal/probe"
	"github.com/leakassert/leakassert/internal/window"
)

// checks holds the checks of this process.
var checks window.Registry

var active = checks.Active // one value for all checks

// A Check is one run of the pipeline. It lasts from Begin, before the body, to Finish.
type Check struct {
	*window.Member
	Config  *plan.Config // of all checks with these options: it is not changed
	Before  int          // how many cleanups the test had when the check began
	member  window.Member
	labels  *goroutine.Labels
	watches []guarded

	parked bool
	looked [phases]bool
	seen   [phases]map[string]bool // process-wide leaks at the last look
	told   []string                // notes that have been reported
	note   string                  // the check's own note
	void   bool

	leftOut  []probe.Leak // removed by filters at the last look
	early    Found        // the leaks of the first look
	returned Explained    // held when the body returned
	masked   Explained    // the part of returned that the test's context released
}

// Begin starts a check. tb is the test that it belongs to, nil outside of tests.
func Begin(tb any, scope probe.Scope, config *plan.Config) *Check {
	c := &Check{Config: config}
	c.Member = &c.member
	c.Scope, c.Holder = scope, c
	if !scope.Outside {
		c.Scope.Active = active
		checks.Add(c.Member, tb, goroutine.OwnLabel)
		c.setLabel()
	}
	c.watches = make([]guarded, len(config.Probes))
	for i, p := range config.Probes {
		c.watches[i].start(p, c.Scope)
	}
	return c
}

// ActiveToEnd returns the check that lasts until the cleanups of exactly this t and was requested
// by package by, "" for the check that Main began. It returns nil if there is none.
func ActiveToEnd(tb any, by string) *Check {
	around := Around(tb)
	if at := slices.IndexFunc(around, func(c *Check) bool { return c.By == by }); at >= 0 {
		return around[at]
	}
	return nil
}

// An Outcome says how the body of a check ended.
type Outcome int

const (
	// Returned means that what is left is judged.
	Returned Outcome = iota
	// NoVerdict means that nothing is judged: the test has failed or was skipped.
	NoVerdict
	// Followed means that nothing is judged here: growth was followed and is judged elsewhere.
	// Notes are still reported.
	Followed
	// Abandoned means that nothing is looked at: the body panicked or left its goroutine.
	Abandoned
)

// Finish ends the check. It returns the check's findings and those of earlier checks that waited
// for this one.
func (c *Check) Finish(o Outcome) Findings {
	c.restoreLabel()
	var f Findings
	var left Found
	switch o {
	case Returned:
		left = c.settle(&f, c.Config.Settle, func(l probe.Leak) bool { return l.Owned || c.Alone() })
		if c.void {
			f.Settled, f.Void = 0, true
			o = NoVerdict
		}
	case NoVerdict:
		left = c.look(first)
	case Followed:
		left = c.look(first)
		f.note(c, c.notes())
	}
	switch o {
	case Returned:
		c.verdict(&f, left)
	case NoVerdict: // what is left may belong to the failed test, so nobody is blamed
		checks.MarkReported(left)
		c.stop()
	default:
		c.stop()
	}
	c.leave(&f)
	if o == Followed {
		checks.MarkReported(left)
	}
	checks.MarkReported(c.leftOut) // Main's check of the suite does not have all these filters
	checks.Forget()
	return f
}

// verdict judges what is left. Process-wide leaks wait until no other check is active that may have
// acquired them.
func (c *Check) verdict(f *Findings, left Found) {
	own, shared := split(left)
	if len(shared) > 0 && !c.Alone() {
		if len(checks.Ready([]*window.Member{c.Member}, paused)) > 0 {
			now := c.settle(f, c.Config.Settle, func(probe.Leak) bool { return true })
			own, shared = split(append(now, lost(left, now)...))
		} else {
			shared, c.parked = nil, true
			checks.Park(c.Member)
		}
	}
	checks.MarkReported(own) // the suite can't tell who owns them
	f.add(c, c, append(c.finish(own), c.masked...))
	if f.Parked = c.parked; c.parked {
		f.note(c, c.notes())
		return
	}
	c.judge(f, c, shared)
}

// lost returns the leaks of an earlier settle time that a later look does not show and that stand: the test's
// own, and what only the garbage collector released. The collection at the end of the earlier time may
// have ended them.
func lost(earlier, now Found) Found {
	return slices.DeleteFunc(slices.Clone(earlier), func(l probe.Leak) bool {
		return !l.Owned && !l.Forgotten || slices.ContainsFunc(now, func(n probe.Leak) bool { return n.Key() == l.Key() })
	})
}

// leave removes c from the registry and judges the parked checks whose last overlapping check was
// c. They share one settle time.
func (c *Check) leave(f *Findings) {
	checks.Remove(c.Member)
	ended := time.Now()
	last := checks.Take(c.Member, paused)
	for _, m := range last {
		p := m.Holder.(*Check)
		left := p.settle(f, p.Config.Settle-time.Since(ended), func(l probe.Leak) bool { return !l.Owned })
		_, shared := split(left)
		c.judge(f, p, shared)
	}
	checks.Judged(last)
}

// judge attributes the process-wide leaks that p has seen, and ends p's watches.
func (c *Check) judge(f *Findings, p *Check, shared Found) {
	shared = slices.DeleteFunc(shared, func(l probe.Leak) bool { return !checks.Claim(p.Member, l) })
	f.add(c, p, p.finish(shared))
	f.note(p, p.notes())
	f.note(p, p.stop())
}

// Held returns what is held now and was not at the start, unexplained. It settles until enough
// returns true or limit has passed. The check goes on.
func (c *Check) Held(limit time.Duration, enough func([]probe.Leak) bool) (held []probe.Leak) {
	for phase := range phases {
		if phase == forcing && !c.Forces() {
			return held
		}
		before := held
		settles[phase](limit, func() bool {
			now := c.look(phase)
			if checks.HasOthers(c.Member) {
				now, _ = split(now)
			}
			held = probe.Group(slices.Concat(before, now), c.kinds())
			return !enough(held)
		})
	}
	return held
}

// Diff returns what Finish would for a check outside of tests. The check goes on.
func (c *Check) Diff() Findings {
	var f Findings
	c.Again()
	c.looked = [phases]bool{}
	for _, l := range c.finish(c.settle(&f, c.Config.Settle, func(probe.Leak) bool { return true })) {
		f.Leaks = append(f.Leaks, Attributed{l, window.Owner{Whose: window.Own}})
	}
	f.kinds, f.Notes = c.kinds(), c.notes()
	return f
}

func (c *Check) Close() { c.stop() }

// Explain adds to leaks from Held what is slow to find out.
func (c *Check) Explain(held []probe.Leak) []probe.Leak {
	return probe.Group(c.finish(held), c.kinds())
}

// finish explains leaks, each by its own watch.
func (c *Check) finish(all Found) Explained {
	if len(all) == 0 {
		return nil
	}
	if c.known(all) { // nobody reads about them
		return c.Sift(all)
	}
	var leaks []probe.Leak
	clearStack(len(all))
	for i := range c.watches {
		leaks = append(leaks, c.watches[i].explain(from(i, all))...)
	}
	return c.Sift(leaks)
}

func (c *Check) known(leaks []probe.Leak) bool {
	return len(leaks) > 0 && c.Config.Known != nil && c.Config.Known(leaks)
}

func (c *Check) kinds() (kinds []string) {
	for i := range c.watches {
		kinds = append(kinds, c.watches[i].kind)
	}
	return kinds
}

func (c *Check) notes() (notes []Note) {
	if c.note != "" {
		notes = append(notes, Note{Text: c.note})
	}
	for i := range c.watches {
		notes = append(notes, c.watches[i].notes()...)
	}
	return notes
}

func (c *Check) stop() (notes []Note) {
	for i := range c.watches {
		notes = append(notes, c.watches[i].stop()...)
	}
	return notes
}

// split separates a check's own leaks from process-wide ones.
func split(leaks Found) (own, shared Found) {
	for _, l := range leaks {
		if l.Owned {
			own = append(own, l)
		} else {
			shared = append(shared, l)
		}
	}
	return own, shared
}
