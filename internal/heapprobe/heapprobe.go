// Package heapprobe is the probe for live heap objects. It finds them exactly in a profile of all
// allocations, or by the growth of the heap over iterations.
package heapprobe

import (
	"cmp"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"

	"github.com/leakassert/leakassert/internal/memprofile"
	"github.com/leakassert/leakassert/internal/planted"
	"github.com/leakassert/leakassert/internal/probe"
	"github.com/leakassert/leakassert/internal/procstate"
)

const Kind = "heap"

// Probe records every allocation from the start and finds the objects that are live at the end.
type Probe struct{}

func (Probe) Kind() string { return Kind }

func (p Probe) Planting() (probe.Probe, probe.Planting) {
	return p, probe.Planting{Name: Kind, Leak: func() (func(probe.Leak) bool, func(), error) {
		return planted.Is(Kind), planted.Objects(), nil
	}}
}

// Start takes the snapshot after a collection: the profile only changes then.
func (Probe) Start(s probe.Scope) (probe.Watch, error) {
	if s.Suite { // what tests made outside of checks is not a separate finding
		return probe.Nothing{}, nil
	}
	if why := cmp.Or(Unusable(), blind()); why != "" {
		return nil, unsupported(why)
	}
	w := &watch{scope: s, tally: tallies.Get().(*tally)}
	// Set the rate first: no later allocation may be missed.
	w.stop = procstate.RecordAllocations()
	if s.Context != nil {
		s.Context.Done() // the test keeps this channel, whoever asks for it first
	}
	runtime.GC()
	w.read(w.before)
	return w, nil
}

// unsupported says which setting of the environment prevents the check of the heap.
type unsupported string

func (u unsupported) Error() string        { return string(u) }
func (u unsupported) Is(target error) bool { return target == errors.ErrUnsupported }

type watch struct {
	scope probe.Scope
	*tally
	stop  func()
	looks int
	rate  int   // the sampling rate at the last look
	tiny  int64 // blocks whose owner is unknown

	unheld  string // why it is not known what holds the objects
	dialled bool   // the first look found allocations of an HTTP client's new connection

	// These are filled only by a check that finds something: who else runs, and the number of
	// objects that each site had made at the first look.
	others *bystanders
	made   map[siteKey]int64
}

// fewTiny is how many blocks shared by small objects are ignored if there is no other leak. Each of
// them may hold something that lives on.
const fewTiny = 8

// A tally holds what is live at each site. Its memory is reused.
type tally struct {
	before, now map[siteKey]held
	records     []memprofile.Record
}

// held is what is live of one site, and the index of one of its records. Objects of different sizes
// have separate records, and so have stacks that differ only where they are cut off.
type held struct {
	amount
	made   int64 // all objects that were made, freed ones included
	record int
}

var tallies = sync.Pool{New: func() any { return &tally{before: make(map[siteKey]held), now: make(map[siteKey]held)} }}

func (t *tally) read(into map[siteKey]held) {
	t.records = memprofile.Read(t.records, false)
	clear(into)
	for i := range t.records {
		r := &t.records[i]
		key := keyOf(r)
		into[key] = held{into[key].plus(amount{r.InUseObjects(), r.InUseBytes()}), into[key].made + r.AllocObjects, i}
	}
}

// grown returns the sites that have more now than before, whoever owns them.
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

// Forces marks a watch whose looks collect garbage.
func (w *watch) Forces() {}

// Grown collects garbage and returns the sites that have more live objects than at the start.
func (w *watch) Grown() (leaks []probe.Leak, err error) {
	if w.looks++; w.looks > 1 {
		procstate.CloseIdleConnections()
		wakeProcessors()
		if w.looks == 2 && w.dialled {
			forgetDials()
		}
	}
	w.rate = procstate.MemProfileRate()
	runtime.GC()
	leaks = w.held()
	if w.looks == 1 && len(leaks) > 0 {
		runtime.GC() // what a sync.Pool keeps survives one collection
		leaks = w.held()
		w.dialled = slices.ContainsFunc(leaks, ofDial)
	}
	return leaks, nil
}

// held returns the test's sites that have more now than at the start.
func (w *watch) held() (leaks []probe.Leak) {
	w.tiny = 0
	others := false
	for _, s := range w.grown() {
		if s.owner != nobody || w.ofBystander(s) {
			continue
		}
		leaks = append(leaks, s.leak())
		if s.maybeTiny() {
			w.tiny += s.objects
		} else {
			others = true
		}
	}
	if !others && w.tiny <= fewTiny {
		return nil
	}
	w.tiny = 0
	return leaks
}

func (w *watch) Explain(leaks []probe.Leak) []probe.Leak {
	if !w.scope.Borrows && !w.scope.Outside { // the check is over; a snapshot goes on
		w.stop() // explaining allocates much, and recording makes that ten times slower
	}
	for i := range leaks {
		if s, ok := leaks[i].Resource.(*Site); ok {
			s.describe(&leaks[i], w.scope.Trace)
		}
	}
	var h holders
	if w.scope.Borrows { // a caller that follows growth needs each site separately
		h, w.unheld = holdersOf(leaks, w.scope.Symbols)
		for i := range leaks {
			h.addPath(&leaks[i])
		}
		return leaks
	}
	h, w.unheld = holdersOf(leaks, w.scope.Symbols)
	return h.told(leaks)
}

func (w *watch) Notes() (notes []string) {
	if w.unheld != "" {
		notes = append(notes, w.unheld)
	}
	blocks := "a block"
	switch {
	case w.looks > 0 && w.rate != 1:
		return append(notes, fmt.Sprintf("heap: not all seen: runtime.MemProfileRate was set to %d meanwhile", w.rate))
	case w.tiny == 0:
		return notes
	case w.tiny > 1:
		blocks = fmt.Sprintf("%d blocks", w.tiny)
	}
	return append(notes, "heap: not judged: "+blocks+" of 16 bytes that small objects without pointers share with others, which may still be live")
}

func (w *watch) Stop() {
	w.stop()
	tallies.Put(w.tally)
	w.tally = nil
}
