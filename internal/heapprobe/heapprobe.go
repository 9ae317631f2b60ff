// Package heapprobe is the probe for live heap objects, what memassert asserts:
// exactly, by the profile of all allocations, or by their growth over iterations.
package heapprobe

import (
	"cmp"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"

	"github.com/leakassert/leakassert/internal/check"
	"github.com/leakassert/leakassert/internal/memprofile"
	"github.com/leakassert/leakassert/internal/probe"
)

// Kind is the kind of the probe's leaks.
const Kind = "heap"

// Probe has every allocation recorded from the start on, and finds those that
// are live at the end.
type Probe struct{}

// Kind names the resource.
func (Probe) Kind() string { return Kind }

// Start takes the snapshot, after a collection: the profile is as of that.
func (Probe) Start(s probe.Scope) (probe.Watch, error) {
	if s.Suite { // what tests have made, and nobody's check, is no finding of its own
		return idle{}, nil
	}
	if why := cmp.Or(unusable(), blind()); why != "" {
		return nil, errors.New(why)
	}
	w := &watch{scope: s, tally: tallies.Get().(*tally)}
	// The rate first: nothing that follows may be missed.
	w.stop = memprofile.Every()
	runtime.GC()
	w.tally.snapshot()
	return w, nil
}

type watch struct {
	scope probe.Scope
	*tally
	stop  func()
	looks int
	rate  int   // at which allocations were recorded when it was looked
	tiny  int64 // blocks of which it can't be told whose they are
}

// fewTiny is up to how many blocks that small objects share are nobody's leak, if
// there is no other: something that lives on may be in each of them.
const fewTiny = 8

// A tally is what is live by site, with the memory for another look.
type tally struct {
	before, now map[siteKey]held
	records     []memprofile.Record
}

// held is what is live of one site, and one of its records: sizes have records of
// their own, and so have stacks that differ only where they are cut off.
type held struct {
	amount
	record int
}

var tallies = sync.Pool{New: func() any { return newTally() }}

func newTally() *tally { return &tally{before: make(map[siteKey]held), now: make(map[siteKey]held)} }

func (t *tally) read(into map[siteKey]held) {
	t.records = memprofile.Read(t.records, false)
	clear(into)
	for i := range t.records {
		r := &t.records[i]
		key := keyOf(r)
		into[key] = held{into[key].plus(amount{r.InUseObjects(), r.InUseBytes()}), i}
	}
}

func (t *tally) snapshot() { t.read(t.before) }

// grown are the sites that have more now, whoever owns them.
func (t *tally) grown() (grown []siteAmount) {
	t.read(t.now)
	for key, now := range t.now {
		if more := now.minus(t.before[key].amount); more.objects > 0 || more.bytes > 0 {
			grown = append(grown, siteAmount{Site: siteOf(key, &t.records[now.record]), amount: more})
		}
	}
	slices.SortFunc(grown, func(a, b siteAmount) int { return cmp.Compare(a.key, b.key) })
	return grown
}

// Forces says that a look collects garbage.
func (w *watch) Forces() {}

// Grown collects garbage and lists the sites that have live objects more than at
// the start.
func (w *watch) Grown() (leaks []probe.Leak, err error) {
	if w.looks++; w.looks > 1 {
		check.CloseIdleConnections()
	}
	w.rate = memprofile.Rate()
	runtime.GC()
	leaks = w.held()
	if w.looks == 2 && slices.ContainsFunc(leaks, dialled) {
		forgetLastDial()
	}
	if w.looks == 1 && len(leaks) > 0 {
		runtime.GC() // what a sync.Pool keeps survives the first one
		leaks = w.held()
	}
	return leaks, nil
}

// held are the test's sites that have more now.
func (w *watch) held() (leaks []probe.Leak) {
	w.tiny = 0
	others := false
	for _, s := range w.grown() {
		switch {
		case s.owner == nobody:
			leaks = append(leaks, s.leak())
			if s.tiny() {
				w.tiny += s.objects
			} else {
				others = true
			}
		}
	}
	if !others && w.tiny <= fewTiny {
		return nil
	}
	w.tiny = 0
	return leaks
}

// Explain tells where and what was allocated.
func (w *watch) Explain(leaks []probe.Leak) []probe.Leak {
	for i := range leaks {
		if s, ok := leaks[i].Resource.(*Site); ok {
			s.describe(&leaks[i], w.scope.Trace)
		}
	}
	if w.scope.Borrows { // who follows what grows tells sites apart
		return leaks
	}
	forgetSites(leaks)
	return sumUp(probe.Group(leaks, nil))
}

// Notes say what could not be seen.
func (w *watch) Notes() []string {
	switch {
	case w.looks > 0 && w.rate != 1:
		return []string{fmt.Sprintf("heap: not all seen: runtime.MemProfileRate was set to %d meanwhile", w.rate)}
	case w.tiny == 1:
		return []string{"heap: not judged: a block of 16 bytes that small objects without pointers share, with others that may live on"}
	case w.tiny > 1:
		return []string{fmt.Sprintf("heap: not judged: %d blocks of 16 bytes that small objects without pointers share, with others that may live on", w.tiny)}
	}
	return nil
}

func (w *watch) Stop() {
	w.stop()
	tallies.Put(w.tally)
	w.tally = nil
}

// idle is a watch that finds nothing.
type idle struct{}

func (idle) Grown() ([]probe.Leak, error)            { return nil, nil }
func (idle) Explain(leaks []probe.Leak) []probe.Leak { return leaks }
func (idle) Stop()                                   {}
