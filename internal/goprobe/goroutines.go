// Package goprobe is the probe for goroutines. It finds the goroutines that a test started by their
// label or their stacks, and asks the runtime which of them nothing can wake.
package goprobe

import (
	"fmt"
	"io"
	"runtime"
	"runtime/pprof"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/leakassert/leakassert/internal/goroutine"
	"github.com/leakassert/leakassert/internal/planted"
	"github.com/leakassert/leakassert/internal/probe"
	"github.com/leakassert/leakassert/internal/procstate"
	"github.com/leakassert/leakassert/internal/source"
)

const Kind = "goroutine"

// Probe is the probe for goroutines. If a counter shows that nobody has started a goroutine since
// the check began, it has nothing to do. Otherwise each look dumps all stacks.
type Probe struct{}

func (Probe) Kind() string { return Kind }

func (p Probe) Planting() (probe.Probe, probe.Planting) {
	return p, probe.Planting{Name: Kind, Leak: func() (func(probe.Leak) bool, func(), error) {
		return planted.Is(Kind), planted.Goroutine(), nil
	}}
}

func (Probe) Start(s probe.Scope) (probe.Watch, error) {
	start := goroutine.Count()
	w := watches.Get().(*watch)
	*w = watch{scope: s, start: start, before: remembered.begin(start, s), untrace: func() {}}
	if s.Trace {
		w.untrace = procstate.RecordAllocations()
	}
	return w, nil
}

// watches keeps the memory of watches that have found nothing.
var watches = sync.Pool{New: func() any { return new(watch) }}

type watch struct {
	scope   probe.Scope
	start   goroutine.Counts
	before  baseline
	untrace func()
	chains  chains
	asked   bool // a proof was requested
	slow    bool // the proof took long

	// The last look: what it counted, when it was, and its cost.
	last      goroutine.Counts
	looked    time.Time
	cost      time.Duration
	new       bool // the next look must take a dump
	found     []probe.Leak
	forgotten []probe.Leak // gone since a collection
	unseen    int          // goroutines that no look has shown
	unknown   string       // why it is not known what goroutines wait on
	released  uint64       // finalizers and cleanups that had run
	own       []uint64     // the goroutines with the check's label
	cleared   bool         // the last look needed no dump
}

func (w *watch) Grown() ([]probe.Leak, error) {
	now := goroutine.Count()
	for n := 0; n < 10 && now.Pending > w.start.Pending; n++ { // finalizers that are about to return
		runtime.Gosched()
		now = goroutine.Count()
	}
	// A C thread that calls into Go starts no goroutine, but adds one.
	if now.Known && now.Live <= w.start.Live && now.Pending <= w.start.Pending {
		if w.start.Known && now.Created == w.start.Created {
			remembered.keep(w.before, now)
			w.cleared = true
			return nil, nil
		}
		if w.looked.IsZero() && remembered.clears(w.scope, w.before, now.Created) {
			w.cleared = true
			return nil, nil
		}
	}
	if now.Known && w.looked.IsZero() && w.alone(now) {
		remembered.keep(w.before, now)
		w.cleared = true
		return nil, nil
	}
	return w.grown(now), nil // separate, because a passing check's stack need not grow for its frame
}

// alone reports whether whatever was started has ended, such as the goroutines of subtests, and no
// finalizer or cleanup runs, whose goroutines are not counted. A suite ends on the main goroutine.
func (w *watch) alone(now goroutine.Counts) bool {
	if now.Pending > 0 {
		return false
	}
	return w.scope.Alone() || w.scope.Suite && runtime.NumGoroutine() == 1
}

func (w *watch) grown(now goroutine.Counts) []probe.Leak {
	// A goroutine may have gone on to block somewhere else although none has started or ended. So
	// a look is valid only for ten times its cost.
	if w.new || !now.Known || now != w.last || time.Since(w.looked) >= 10*w.cost {
		w.look()
		w.last = now
	}
	if slices.ContainsFunc(w.found, ofHTTPClient) {
		procstate.CloseIdleConnections()
	}
	return slices.Concat(w.found, w.forgotten)
}

// Refresh makes the next look take a dump.
func (w *watch) Refresh() { w.new = true }

// look dumps the stacks and keeps the goroutines that belong to the scope.
func (w *watch) look() {
	w.found = nil
	began := time.Now()
	dump(func(d *census) {
		w.unseen = d.Loose
		if w.scope.Outside {
			w.unseen += d.Before
		}
		if w.before.self == 0 {
			w.before.self = d.self // the first look runs on the check's own goroutine
		}
		for _, g := range d.claimed(w.scope, w.before) {
			l := w.leak(g)
			if _, known := unproven.Load(l.Origin); !known || !l.NeedsProof {
				w.found = append(w.found, l)
			}
		}
		w.own = w.own[:0]
		for _, r := range d.byLabel[w.scope.Label()] {
			w.own = append(w.own, r.ID())
		}
	})
	w.found = w.chains.mark(w.found)
	w.looked, w.released, w.new = time.Now(), procstate.Queue().Released(), false
	w.cost = w.looked.Sub(began)
}

// Prove asks the runtime which of the found goroutines nothing can wake. A new look then sees them
// marked. The proof collects garbage: goroutines that this stops are forgotten.
func (w *watch) Prove() {
	w.look()
	if provable(w.found) {
		w.collecting(func() { w.ask() })
	}
}

// Collected marks the leaks that a collection has stopped since they were last seen.
func (w *watch) Collected(leaks []probe.Leak) []probe.Leak {
	w.collecting(func() {})
	return renewed(leaks, w.forgotten)
}

// renewed replaces each leak by its current state if that is proven.
func renewed(leaks, now []probe.Leak) []probe.Leak {
	for i := range leaks {
		if l := find(now, leaks[i]); l != nil && l.Proven {
			leaks[i] = *l
		}
	}
	return leaks
}

// collecting marks as forgotten the goroutines that were blocked before and end while collect
// collects garbage: a finalizer or a cleanup has stopped them.
func (w *watch) collecting(collect func()) {
	before, released := w.found, w.released
	collect()
	procstate.Finalize()
	w.look()
	if w.released == released {
		return
	}
	for _, l := range before {
		if find(w.found, l) == nil && l.Owned && blocked(l) {
			l.Forgotten, l.Proven = true, true
			l.AddEvidence("forgotten", "stopped only by the garbage collector")
			w.forgotten = append(w.forgotten, l)
		}
	}
}

// find returns a goroutine in a list, nil if it is not there.
func find(list []probe.Leak, l probe.Leak) *probe.Leak {
	if i := slices.IndexFunc(list, func(of probe.Leak) bool { return of.ID == l.ID }); i >= 0 {
		return &list[i]
	}
	return nil
}

// blocked reports whether a goroutine waits for another one.
func blocked(l probe.Leak) bool {
	state := l.Columns[0]
	return strings.HasPrefix(state, "chan ") || strings.HasPrefix(state, "select") || strings.HasPrefix(state, "sync.")
}

// Explain asks for a proof if settling has not. It adds which goroutines were started once for the
// whole process.
func (w *watch) Explain(leaks []probe.Leak) []probe.Leak {
	if !w.asked && provable(leaks) && w.ask() {
		w.look()
		leaks = renewed(leaks, w.found)
	}
	for i := range leaks {
		leaks[i].Evidence = append(leaks[i].Evidence, source.OnceEvidence(leaks[i])...)
	}
	if w.scope.Trace {
		led(leaks, w.scope)
	}
	w.unknown = waitsOn(leaks, w.scope)
	for _, l := range leaks {
		if l.NeedsProof && !l.Proven {
			unproven.Store(l.Origin, true)
		}
	}
	return leaks
}

// Notes returns how many goroutines no look has shown, and why it is not known what they wait on.
func (w *watch) Notes() (notes []string) {
	if w.unknown != "" {
		notes = append(notes, w.unknown)
	}
	if w.unseen == 0 {
		return notes
	}
	return append(notes, fmt.Sprintf("not judged: %d goroutines without the check's label: reading all stacks takes too much memory", w.unseen))
}

func (w *watch) Stop() {
	w.found, w.forgotten = nil, nil
	w.untrace()
	if !w.scope.Outside && !w.scope.Suite {
		remembered.judged(w.scope.ID, w.own, !w.cleared && w.looked.IsZero())
	}
	if w.scope.Runner && w.scope.ToEnd {
		remembered.ended(w.before)
	}
	if w.looked.IsZero() {
		*w = watch{}
		watches.Put(w)
	}
}

// ask reads the runtime's goroutine leak profile. The profile proves that nothing reachable can
// wake a goroutine (Go 1.27, or 1.26 with GOEXPERIMENT=goroutineleakprofile), and a dump after it
// marks such goroutines. It collects garbage, so after a slow answer ask does not ask again.
//
// See https://go.dev/issue/74609. Once the profile has found a leak, a heap dump crashes the
// process, so whatever needs a heap dump must come first.
func (w *watch) ask() bool {
	profile := pprof.Lookup("goroutineleak")
	if profile == nil || w.slow {
		return false
	}
	w.asked = true
	began := time.Now()
	err := profile.WriteTo(io.Discard, 0)
	w.slow = time.Since(began) > 200*time.Millisecond
	return err == nil
}

// provable reports whether a goroutine is blocked in a way that the profile knows and is not proven
// yet.
func provable(leaks []probe.Leak) bool {
	return slices.ContainsFunc(leaks, func(l probe.Leak) bool { return !l.Proven && blocked(l) })
}
