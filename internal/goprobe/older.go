package goprobe

import (
	"slices"
	"strings"
	"sync"

	"github.com/leakassert/leakassert/internal/names"
	"github.com/leakassert/leakassert/internal/probe"
)

// older returns what goroutines have started during the check that are none of its test's: a worker
// of TestMain to which the test gave a function, or the server of an earlier test. A goroutine that
// runs a function of the test is the test's. Another one is left only if it waits for a goroutine,
// in the module under test, and it is a leak only if that is proven: a pool may keep it for its next
// task. except are the goroutines that the check has found otherwise.
func (d *census) older(s probe.Scope, before baseline, except []claimedGoroutine) (found []claimedGoroutine) {
	if !before.exact || s.Outside || s.Active == nil {
		return nil
	}
	for label, records := range d.byLabel {
		id := probe.ScopeOfLabel(label)
		if label == s.Label() || id != 0 && (s.Active(id) || remembered.isUnjudged(id)) {
			continue
		}
		for _, g := range d.parsed(slices.Values(records), before, escaped) {
			if remembered.isJudged(g.ID) || slices.ContainsFunc(except, func(e claimedGoroutine) bool { return e.ID == g.ID }) {
				continue
			}
			g.tests, _ = names.TestsOn(append(slices.Clip(g.Frames), g.CreatedBy))
			if !s.Runner {
				g.tests = names.Known(g.tests)
			}
			switch {
			case slices.ContainsFunc(g.tests, s.Names):
				g.claim = own
			case (s.Suite || s.By != "") && waitsForOther(g) && names.InModule(holder(g.Goroutine)):
				g.needsProof = true
			default:
				continue
			}
			found = append(found, g)
		}
	}
	slices.SortFunc(found, func(a, b claimedGoroutine) int { return int(a.ID) - int(b.ID) })
	return found
}

// waitsForOther reports whether a goroutine waits on a channel or a lock.
func waitsForOther(g claimedGoroutine) bool {
	return strings.HasPrefix(g.State, "chan ") || strings.HasPrefix(g.State, "sync.")
}

// unproven holds the origins of goroutines for which a proof was needed and there was none. They are
// reported once, and not looked up again.
var unproven sync.Map
