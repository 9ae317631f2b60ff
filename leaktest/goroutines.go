package leaktest

import (
	"slices"
	"strconv"
	"strings"

	"github.com/leakassert/leakassert/internal/check"
	"github.com/leakassert/leakassert/internal/goroutine"
	"github.com/leakassert/leakassert/internal/probe"
	"github.com/leakassert/leakassert/internal/report"
)

// goroutines is the probe for goroutines.
//
// Begin reads a counter; the label that tells the test's goroutines apart is
// set by the check. End reads the counter again: when no goroutine has been
// started since, by anybody, there is nothing to look for. Otherwise all stacks
// are dumped, once a look.
type goroutines struct{}

func (goroutines) Kind() string { return "goroutine" }

func (goroutines) Start(s Scope) (Watch, error) {
	w := &goroutineWatch{scope: s}
	w.created, _, w.counted = goroutine.Counts()
	w.before = remembered.begin(w.created, w.counted, s)
	return w, nil
}

type goroutineWatch struct {
	scope   Scope
	created uint64 // goroutines started in this process, as of the start
	counted bool
	before  baseline
	proof   prover

	// The last look, which holds while goroutines neither start nor end.
	looked            bool
	lastCreated, live uint64
	found             []Leak
	unclear           []string
}

func (w *goroutineWatch) Grown() ([]Leak, error) {
	created, live, ok := goroutine.Counts()
	// What this misses is a finalizer or cleanup that blocks in a goroutine that
	// the runtime had already started for it.
	if ok && w.counted && created == w.created {
		remembered.keep(w.before, created)
		return nil, nil
	}
	if ok && !w.looked && remembered.clears(w.scope, w.before, created) {
		return nil, nil
	}
	if !w.looked || !ok || created != w.lastCreated || live != w.live || w.serving() {
		w.look()
		w.looked, w.lastCreated, w.live = true, created, live
	}
	if slices.ContainsFunc(w.found, ofHTTPClient) {
		check.CloseIdleConnections()
	}
	return append([]Leak(nil), w.found...), nil
}

// look dumps the stacks and keeps those that are the scope's.
func (w *goroutineWatch) look() {
	w.found, w.unclear = nil, nil
	dump(func(d *census) {
		if w.before.self == 0 {
			w.before.self = d.self // the first look is the check's own
		}
		for _, g := range d.claimed(w.scope, w.before) {
			if g.claim == unclear {
				w.unclear = append(w.unclear, report.Func(holder(g.Goroutine).Func))
				continue
			}
			w.found = append(w.found, w.leak(g))
		}
	})
}

func (w *goroutineWatch) leak(g claimedGoroutine) Leak {
	hold := holder(g.Goroutine)
	l := Leak{
		ID:        strconv.FormatUint(g.ID, 10),
		Unit:      "goroutine",
		Traceable: "whole stacks",
		Columns:   append([]string{g.State}, report.Call(hold)...),
		Frames:    g.Frames,
		CreatedBy: g.CreatedBy,
		Proven:    g.Leaked,
		Owned:     g.claim == own,
		Stray:     g.claim == escaped && len(g.tests) == 0,
		Tests:     g.tests,
	}
	if l.Owned && ofHTTPClient(l) && w.scope.Test != "" {
		// Tests that run at the same time can share the connection: whether
		// it is in use shows when they have ended.
		test, _, _ := strings.Cut(w.scope.Test, "/")
		l.Owned, l.Tests = false, []string{test}
	}
	evidence := func(label string, columns ...string) {
		l.Evidence = append(l.Evidence, Evidence{Label: label, Columns: columns})
	}
	if g.CreatedBy.Func != "" {
		evidence("created by", report.Call(g.CreatedBy)...)
	}
	if g.Locked {
		evidence("locked", "to its thread")
	}
	if g.Leaked {
		evidence("proven", "nothing that is reachable can wake it")
	}
	if o := origin(g); o != "" {
		evidence("origin", o)
	}
	if w.scope.Trace {
		for _, f := range g.Frames {
			evidence("stack", report.Call(f)...)
		}
		if g.Elided > 0 {
			evidence("stack", strconv.Itoa(g.Elided)+" frames left out by the runtime")
		}
	}
	return l
}

// serving reports whether one that was found is the runtime's own goroutine for
// finalizers or cleanups: it goes on existing when it is done with user code.
func (w *goroutineWatch) serving() bool {
	return slices.ContainsFunc(w.found, func(l Leak) bool { return l.CreatedBy.Func == "" })
}

// parked reports whether all that was found was blocked when it was seen.
func (w *goroutineWatch) parked() bool {
	for _, l := range w.found {
		if l.Columns[0] == "runnable" || l.Columns[0] == "running" {
			return false
		}
	}
	return true
}

// Prove asks the runtime which of those found nothing can wake; a new look then
// sees them marked.
func (w *goroutineWatch) Prove() {
	if !w.parked() {
		w.look() // they were still on their way when last seen
	}
	if provable(w.found) && w.proof.ask() {
		w.looked = false
	}
}

// Explain asks for a proof where settling has not, and looks once more where
// what was seen last need not be what they have come to.
func (w *goroutineWatch) Explain(leaks []Leak) []Leak {
	asked := !w.proof.asked() && w.proof.ask()
	created, live, _ := goroutine.Counts()
	if !asked && created == w.lastCreated && live == w.live && w.parked() {
		return leaks
	}
	w.look()
	latest := make(map[string]Leak, len(w.found))
	for _, l := range w.found {
		latest[l.ID] = l
	}
	for i, l := range leaks {
		if now, ok := latest[l.ID]; ok {
			leaks[i] = now
		}
	}
	return leaks
}

// Notes tell of goroutines that are alive, and were perhaps before the check.
func (w *goroutineWatch) Notes() []string {
	if len(w.unclear) == 0 {
		return nil
	}
	slices.Sort(w.unclear)
	what := "a goroutine"
	if n := len(w.unclear); n > 1 {
		what = strconv.Itoa(n) + " goroutines"
	}
	return []string{"not judged: " + what + " without the check's label, started by the test but perhaps before the check: " +
		strings.Join(slices.Compact(w.unclear), ", ")}
}

func (w *goroutineWatch) Stop() {
	w.found = nil
	if w.scope.Runner && w.scope.ToEnd {
		remembered.ended(w.before)
	}
}

// holder is the frame that says best what a goroutine is doing: the innermost
// that is not of the standard library, else the outermost, which says what the
// goroutine is for.
func holder(g goroutine.Goroutine) probe.Frame {
	for _, f := range g.Frames {
		if !report.Std(f) {
			return f
		}
	}
	for i := len(g.Frames) - 1; i >= 0; i-- {
		if report.Package(g.Frames[i].Func) != "runtime" {
			return g.Frames[i]
		}
	}
	if len(g.Frames) > 0 {
		return g.Frames[0]
	}
	return g.CreatedBy
}

// origin says of a goroutine that has no label how it came about, as far as that
// is known.
func origin(g claimedGoroutine) string {
	_, checked := g.Labels[probe.LabelKey]
	switch {
	case checked:
		return ""
	case g.CreatedBy.Func == "time.goFunc" && g.claim == own:
		return "a timer"
	case g.CreatedBy.Func == "time.goFunc":
		return "a timer, set by this test or an earlier one"
	case g.CreatedBy.Func == "": // the runtime hides its own part
		return "a finalizer or cleanup that does not return"
	case g.claim != own:
		return "a goroutine that has ended"
	}
	return ""
}
