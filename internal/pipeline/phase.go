package pipeline

import (
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/leakassert/leakassert/internal/probe"
	"github.com/leakassert/leakassert/internal/procstate"
)

// The first phase asks watches that do not run the garbage collector, and the second phase asks
// those that do.
const (
	first = iota
	forcing
	phases
)

// settles wait for leaks that a phase finds.
var settles = [phases]func(time.Duration, func() bool){probe.Settle, probe.SettleForced}

// Forces reports whether a watch runs the garbage collector.
func (c *Check) Forces() bool {
	return slices.ContainsFunc(c.watches, func(w guarded) bool { return w.forces && !w.broken })
}

// settle looks until there is no leak left that counts and may go away. It returns what is left.
// After the first look other checks can acquire what is not c's, so from then on process-wide leaks
// can only become fewer.
func (c *Check) settle(f *Findings, limit time.Duration, counts func(probe.Leak) bool) (left Found) {
	checks.BeforeLook(c.Member)
	began := time.Now()
	if !c.looked[first] { // a passing check needs no more
		if c.early = c.look(first); len(c.early) == 0 {
			c.looked[first] = true
			if !c.Forces() {
				return nil
			}
		}
	}
	if !c.looked[first] || c.Over() {
		left = c.settlePhase(first, f, limit, counts)
	}
	if !c.void && c.Forces() {
		// What is to be collected has already had this time.
		left = append(left, c.settlePhase(forcing, f, max(limit-time.Since(began), min(limit, leastForced)), counts)...)
	}
	return left
}

// leastForced is how long watches that run the garbage collector are asked if the others have used
// up the time.
const leastForced = 100 * time.Millisecond

func (c *Check) settlePhase(phase int, f *Findings, limit time.Duration, counts func(probe.Leak) bool) (left Found) {
	waited, looks, began := false, 0, time.Now()
	release := func() {}
	defer func() { release() }()
	settles[phase](limit, func() (wait bool) {
		looks++
		if phase == first {
			c.ask(looks, left)
		}
		if left = c.early; len(left) > 0 {
			c.early = nil
		} else {
			left = c.look(phase)
		}
		before := c.looked[phase]
		c.looked[phase] = true
		switch {
		case !before && len(left) == 0:
			return false
		case !c.Over():
			if c.Config.Void != nil && c.Config.Void() {
				c.void = true
				return false
			}
			checks.BodyOver(c.Member)
		case !before:
		case !checks.Quiet(c.Member):
			left = slices.DeleteFunc(left, func(l probe.Leak) bool { return !l.Owned && !c.seen[phase][l.Key()] })
		}
		c.seen[phase] = make(map[string]bool, len(left))
		known := true // waiting is known to be useless
		for _, l := range left {
			if !l.Proven && l.Doubt == "" && counts(l) {
				vain := !l.Alike && someInVain.Load()
				if vain { // otherwise thousands of leaks need no signatures
					_, vain = inVain.Load(signature(l))
				}
				wait, known = true, known && (vain || l.NeedsProof)
			}
			if !l.Owned {
				c.seen[phase][l.Key()] = true
			}
		}
		if wait && looks == 1 && !c.Config.Collect && slices.ContainsFunc(left, c.collectable) {
			release = procstate.HoldCollector()
		}
		waited = wait
		if wait && time.Since(began) >= again && (known || c.known(left)) {
			limit = min(limit, again)
			return false
		}
		return wait
	})
	if waited {
		f.Settled = max(f.Settled, limit)
		left = c.collect(c.latest(phase, left), counts)
		if limit == c.Config.Settle {
			for _, l := range left {
				inVain.Store(signature(l), true)
				someInVain.Store(true)
			}
		}
	}
	return left
}

// inVain holds the signatures of leaks that did not go away within a whole settle time. For later
// leaks with the same signature a check waits only briefly.
var (
	inVain     sync.Map
	someInVain atomic.Bool
)

const again = 200 * time.Millisecond

// signature returns the place of a leak. For a leak without a stack it includes what the leak is.
func signature(l probe.Leak) string {
	s := l.Kind + "\n" + l.Origin
	if len(l.Frames) == 0 {
		return s + "\n" + strings.Join(l.Columns, "\t")
	}
	return s + "\n" + l.Frames[0].Func
}

// latest looks again at leaks that may have moved on since they were seen. A report shows where
// they are at the end of the settle time.
func (c *Check) latest(phase int, left Found) Found {
	var moved []int
	for i := range c.watches {
		w := &c.watches[i]
		r, ok := w.watch.(probe.Refresher)
		if ok && !w.broken && w.forces == (phase == forcing) && len(from(i, left)) > 0 {
			r.Refresh()
			moved = append(moved, i)
		}
	}
	if len(moved) == 0 {
		return left
	}
	known := make(map[string]bool, len(left))
	for _, l := range left {
		known[l.Key()] = true
	}
	now := slices.DeleteFunc(c.look(phase), func(l probe.Leak) bool {
		return !slices.Contains(moved, l.From) || !l.Owned && !known[l.Key()]
	})
	return append(now, slices.DeleteFunc(left, func(l probe.Leak) bool { return slices.Contains(moved, l.From) })...)
}

// look asks every watch of a phase once. It leaves out what a check has reported or let pass.
func (c *Check) look(phase int) Found {
	var leaks []probe.Leak
	for i := range c.watches {
		if w := &c.watches[i]; w.forces == (phase == forcing) {
			leaks = append(leaks, seen(w.grown(), i)...)
		}
	}
	if !c.Outside && !c.Suite {
		leaks = slices.DeleteFunc(leaks, func(l probe.Leak) bool { return !l.Owned && checks.IsKnown(c.Member, l) })
	}
	kept := c.Sift(leaks)
	if len(kept) < len(leaks) {
		c.leftOut = slices.DeleteFunc(leaks, func(l probe.Leak) bool {
			return l.Owned || slices.ContainsFunc(kept, func(k probe.Leak) bool { return k.Key() == l.Key() })
		})
	}
	return kept
}
