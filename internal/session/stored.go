package session

import (
	"fmt"
	"slices"

	"github.com/leakassert/leakassert/internal/names"
	"github.com/leakassert/leakassert/internal/probe"
	"github.com/leakassert/leakassert/internal/secondrun"
	"github.com/leakassert/leakassert/internal/stored"
)

// mostStoring is how many of the places that store into a holder are shown.
const mostStoring = 3

// addStores adds to the leaks of a failing check who stores into what holds them, if LEAKTEST asks
// for it. It runs the test a second time. In that second run it passes on what it has recorded.
func (s *Session) addStores(leaks []probe.Leak) {
	var containers []stored.Container
	var of []int // the leak of each
	for i, l := range leaks {
		if l.Stores != nil {
			containers, of = append(containers, *l.Stores), append(of, i)
		}
	}
	switch {
	case len(containers) == 0:
	case stored.InChild():
		stored.Tell(s.T.Name(), containers)
	case s.Env.Stored:
		for i, r := range secondrun.Find(s.T.Name(), containers) {
			l := &leaks[of[i]]
			at := 1 + slices.IndexFunc(l.Evidence, func(e probe.Evidence) bool { return e.Label == "suspect" })
			at = max(at, 1+slices.IndexFunc(l.Evidence, func(e probe.Evidence) bool { return e.Label == "held by" || e.Label == "kept by" }))
			l.Evidence = slices.Insert(slices.Clone(l.Evidence), at, storedBy(r)...)
		}
	}
}

// storedBy writes who stores into a holder.
func storedBy(r secondrun.Result) (lines []probe.Evidence) {
	const label = "stored by"
	if r.Err != nil {
		return []probe.Evidence{{Label: label, Columns: []string{fmt.Sprintf("not known: %v", r.Err)}}}
	}
	for i, by := range r.Stores[:min(mostStoring, len(r.Stores))] {
		at := names.Call(probe.Frame{Func: by.Func, File: by.File, Line: by.Line})
		if by.Count < r.Total() || by.Count > 1 {
			at = append(at, fmt.Sprintf("(%d of %d)", by.Count, r.Total()))
		}
		lines = append(lines, probe.Evidence{Columns: at})
		if i == 0 {
			lines[0].Label = label
		}
	}
	return lines
}
