package pipeline

import (
	"slices"
	"time"

	"github.com/leakassert/leakassert/internal/names"
	"github.com/leakassert/leakassert/internal/probe"
)

// After the body of a test has returned, what it holds goes away by itself within byItself, or
// within byContext after the end of the test's context.
const (
	byItself  = 200 * time.Millisecond
	byContext = 100 * time.Millisecond
)

// AtReturn records what is held when the body has returned and the test's context has not ended
// yet. It reports whether the end of the context may release anything.
//
// It leaves out goroutines with a user's call on their stack: they were written to end with the
// context.
func (c *Check) AtReturn() bool {
	var held Found
	probe.Settle(byItself, func() bool {
		held = slices.DeleteFunc(c.look(first), func(l probe.Leak) bool {
			return l.Proven || slices.ContainsFunc(l.Frames, func(f probe.Frame) bool { return !names.Std(f) })
		})
		return len(held) > 0
	})
	c.returned = c.finish(held)
	return len(c.returned) > 0
}

// AfterContext finds out what the end of the context released, before any cleanup of the test has
// run.
func (c *Check) AfterContext() {
	var held map[string]bool
	gone := func(l probe.Leak) bool { return !held[l.Key()] }
	probe.Settle(byContext, func() bool {
		held = make(map[string]bool)
		for _, l := range c.look(first) {
			held[l.Key()] = true
		}
		return !slices.ContainsFunc(c.returned, gone) || slices.ContainsFunc(c.returned, func(l probe.Leak) bool { return !gone(l) })
	})
	for _, l := range c.returned {
		if gone(l) {
			l.AddEvidence("released", "only by the end of t.Context, which comes before the cleanups")
			c.masked = append(c.masked, l)
		}
	}
	c.returned = nil
}

// Around returns the checks of exactly this t that last until its cleanups, the innermost first.
func Around(tb any) (around []*Check) {
	for _, m := range checks.Around(tb) {
		around = append(around, m.Holder.(*Check))
	}
	return around
}
