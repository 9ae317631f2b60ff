package probe

import (
	"slices"
	"time"
)

// Watches that do not run the garbage collector are asked in the first phase,
// and those that do in the second.
const (
	first = iota
	forcing
	phases
)

// forces reports whether a watch runs the garbage collector.
func (c *Check) forces() bool {
	return slices.ContainsFunc(c.watches, func(w *guarded) bool { return w.forces && !w.broken })
}

// settle looks until no leak that counts is left to be waited for, and returns
// what is left. After the first look other checks can still acquire what is none
// of c's: from then on process-wide leaks can only become fewer.
func (c *Check) settle(f *Findings, limit time.Duration, counts func(Leak) bool) (left []Leak) {
	if c.over == 0 {
		c.begun = checks.begins()
		c.alone = !checks.hasOthers(c)
	}
	began := time.Now()
	left = c.settlePhase(first, f, limit, counts)
	if !c.void && c.forces() {
		// What is to be collected has had that time, too.
		left = append(left, c.settlePhase(forcing, f, max(limit-time.Since(began), min(limit, leastForced)), counts)...)
	}
	return left
}

// leastForced is how long watches are asked that run the garbage collector, when
// others have used up the time.
const leastForced = 100 * time.Millisecond

func (c *Check) settlePhase(phase int, f *Findings, limit time.Duration, counts func(Leak) bool) (left []Leak) {
	waited, looks := false, 0
	release := func() {}
	defer func() { release() }()
	settle := Settle
	if phase == forcing {
		settle = SettleForced
	}
	settle(limit, func() (wait bool) {
		looks++
		if phase == first {
			c.ask(looks, left)
		}
		left = c.look(phase)
		before := c.looked[phase]
		c.looked[phase] = true
		switch {
		case !before && len(left) == 0:
			return false
		case c.over == 0:
			if c.Config.Void != nil && c.Config.Void() {
				c.void = true
				return false
			}
			checks.bodyOver(c)
		case !before:
		case !c.alone || c.begun != checks.begins():
			left = slices.DeleteFunc(left, func(l Leak) bool { return !l.Owned && !c.seen[phase][l.key()] })
		}
		c.seen[phase] = make(map[string]bool, len(left))
		for _, l := range left {
			wait = wait || !l.Proven && counts(l)
			if !l.Owned {
				c.seen[phase][l.key()] = true
			}
		}
		if wait && looks == 1 && !c.Config.Collect && slices.ContainsFunc(left, c.collectable) {
			release = HoldCollector()
		}
		waited = wait
		return wait
	})
	if waited {
		f.Settled = c.Config.Settle
		left = c.collect(left, counts)
	}
	return left
}

// look asks every watch of a phase once. What a check has reported or let pass is not
// found again, nor waited for but by the suite, whose report can hold it.
func (c *Check) look(phase int) (leaks []Leak) {
	for i, w := range c.watches {
		if w.forces != (phase == forcing) {
			continue
		}
		found := w.grown()
		for j := range found {
			found[j].from = i
		}
		leaks = append(leaks, found...)
	}
	if !c.Scope.Outside && !c.Scope.Suite {
		leaks = slices.DeleteFunc(leaks, func(l Leak) bool { return !l.Owned && checks.isKnown(c, l) })
	}
	return c.Sift(leaks)
}
