package leaktest

import (
	"slices"

	"github.com/leakassert/leakassert/internal/check"
	"github.com/leakassert/leakassert/internal/goroutine"
	"github.com/leakassert/leakassert/internal/probe"
)

// A claim is what a goroutine is to a check.
type claim int

const (
	none    claim = iota
	own           // started by the test, for certain
	escaped       // new, and the test can have made it
	unclear       // would be one of these if it were certain that it is new
)

type claimedGoroutine struct {
	goroutine.Goroutine
	claim claim
	tests []string // test functions on its stack
}

// sort finds out whose the loose goroutines are.
func (d *census) sort(loose []goroutine.Goroutine, s Scope, before baseline) (found []claimedGoroutine) {
	isLoose := make(map[uint64]int, len(loose))
	labels := make(map[uint64]string, len(loose)) // of their creators
	for i, g := range loose {
		isLoose[g.ID] = i
		labels[g.Creator] = ""
	}
	alive := make(map[uint64]bool, len(labels))
	for r := range goroutine.Records(d.text) {
		if _, ok := labels[r.ID()]; ok {
			alive[r.ID()] = true
			labels[r.ID()], _ = r.Label(probe.LabelKey)
		}
	}
	claims := make([]claimedGoroutine, len(loose))
	done := make([]bool, len(loose))
	var judge func(i int) claim
	judge = func(i int) claim {
		c := &claims[i]
		if done[i] {
			return c.claim
		}
		done[i] = true // a creator can't be its own descendant; be safe
		g := loose[i]
		tests, byTestMain := check.TestsOn(append(g.Frames[:len(g.Frames):len(g.Frames)], g.CreatedBy))
		c.Goroutine, c.tests = g, tests
		mine := slices.ContainsFunc(tests, s.Names)
		certain := before.exact || s.FromStart && mine
		parent, parentLoose := isLoose[g.Creator]
		switch {
		case byTestMain: // set before the tests: no code of TestMain runs among them
		case g.Creator != 0 && g.Creator == before.self:
			// Started by the test's own goroutine after it had lost the label,
			// or before the check.
			c.claim = own
			certain = certain || s.FromStart
		case parentLoose:
			c.claim = judge(parent)
			certain = true // as new as its creator
		case alive[g.Creator]:
			if labels[g.Creator] == s.Label() {
				c.claim, certain = own, true
			}
		case before.has(g.Creator):
		case mine:
			c.claim = own
		default:
			c.claim = escaped
		}
		if c.claim != none && !certain {
			c.claim = unclear
		}
		return c.claim
	}
	for i := range loose {
		if judge(i) != none {
			found = append(found, claims[i])
		}
	}
	return found
}
