// Package fdprobe is the probe for file descriptors.
package fdprobe

import (
	"flag"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/leakassert/leakassert/internal/planted"
	"github.com/leakassert/leakassert/internal/probe"
	"github.com/leakassert/leakassert/internal/procfd"
	"github.com/leakassert/leakassert/internal/procstate"
)

const Kind = "fd"

type Probe struct{}

func (Probe) Kind() string { return Kind }

func (p Probe) Planting() (probe.Probe, probe.Planting) {
	return p, probe.Planting{Name: Kind, Leak: func() (func(probe.Leak) bool, func(), error) {
		name, undo, err := planted.File()
		return func(l probe.Leak) bool {
			return slices.ContainsFunc(l.Columns, func(c string) bool { return strings.Contains(c, filepath.Base(name)) })
		}, undo, err
	}}
}

func (Probe) Start(s probe.Scope) (probe.Watch, error) {
	readyPoller()
	if s.Suite {
		enclose(true)
	}
	before, queue, err := snapshot(s)
	w := watches.Get().(*watch)
	*w = watch{scope: s, before: before, now: tables.Get().(*procfd.Table), queue: queue, grown: w.grown[:0], release: nothing, stop: nothing}
	if err != nil {
		return w, err
	}
	w.collected.start = queue.Finalizers
	if s.Trace {
		w.openers, w.stop = newTrace(), procstate.RecordAllocations()
	}
	return w, nil
}

func nothing() {}

// tables and watches keep the memory of checks for later ones: of a watch only if it has found nothing.
var (
	tables  = sync.Pool{New: func() any { return new(procfd.Table) }}
	watches = sync.Pool{New: func() any { return new(watch) }}
)

// readyPoller makes the runtime open the descriptors of its poller, which stay open. Its timers need
// the poller. The testing package sets one for -timeout, too, so that tests get the numbers of
// descriptors that they would get without a check.
var readyPoller = sync.OnceFunc(func() { time.AfterFunc(time.Hour, nothing).Stop() })

type watch struct {
	scope       probe.Scope
	before, now *procfd.Table
	queue       procstate.Queued // at the start
	grown       []procfd.Entry
	looks       int
	// described holds descriptors as they were first seen. A look that finds the same ones makes
	// no garbage, so the collector does not run because of it.
	described map[procfd.Entry]probe.Leak
	renewal   renewal
	later     map[uint64]bool // the types of which descriptors were opened after the first look
	pipes     splicePipes
	collected collected
	unseen    bool // finalizers had run before the first look
	openers   *trace
	unheld    string // what is not known of holders
	release   func() // ends holding the collector, once the check itself holds it
	stop      func() // stops recording allocations

	still   bool   // the last look found nothing, and nothing but the test ran then: see seam
	created uint64 // goroutines before that look
}

func (w *watch) Grown() ([]probe.Leak, error) {
	created, alone := alone(w.scope) // before the look, which must not miss what one started later opens
	w.still = false
	read := w.now.Read
	if alone {
		read = w.now.ReadAlone
	}
	if err := read(); err != nil {
		return nil, err
	}
	w.grown = procfd.Grown(w.grown[:0], w.before, w.now)
	queue := w.collected.look(w.now)
	w.unseen = w.unseen || w.looks == 0 && w.collected.ran > 0
	if len(w.grown) == 0 && w.collected.ran == 0 {
		w.looks = max(w.looks, 1)
		w.still, w.created = alone && queue == w.queue, created
		return nil, nil
	}
	return w.held(), nil // separate, because a passing check's stack need not grow for its frame
}

// held returns the leaks of the current look.
func (w *watch) held() []probe.Leak {
	w.release()
	if w.looks == 0 { // describing makes garbage; from the next look on the check holds the collector
		w.release = procstate.HoldCollector()
	}
	leaks := w.open()
	w.openers.find(leaks, false)
	ofTCP := func(l probe.Leak) bool { return l.Resource.(procfd.FD).Kind == procfd.KindTCP }
	if w.looks++; w.looks > 1 && slices.ContainsFunc(leaks, ofTCP) {
		procstate.CloseIdleConnections()
	}
	return append(leaks, w.forgotten()...)
}

// open returns the descriptors that are open and were not at the start. A descriptor opened after
// the first look does not belong to the body, unless several bodies are looked at. It may be the
// next file of a log that a goroutine of TestMain rotates.
func (w *watch) open() (leaks []probe.Leak) {
	surplus := make(map[uint64]int) // new descriptors minus those that are gone, by type
	for _, e := range w.now.Gone {
		surplus[e.ID.Sort()]--
	}
	for _, e := range w.grown {
		surplus[e.ID.Sort()]++
		l, known := w.described[e]
		if !known {
			if w.looks > 0 && !w.scope.Borrows && !w.scope.Outside {
				if w.later == nil {
					w.later = make(map[uint64]bool)
				}
				w.later[e.ID.Sort()] = true
				continue
			}
			if l = leak(procfd.Describe(e.Num)); w.scope.Borrows {
				l = shared(l, strings.Fields(l.Origin))
			}
			if w.described == nil {
				w.described = make(map[procfd.Entry]probe.Leak)
			}
			w.described[e] = l
		}
		d := l.Resource.(procfd.FD)
		if d.Kind != procfd.KindClosed && !((w.scope.Suite || w.scope.Outside) && ofTesting(d)) {
			leaks = append(leaks, l)
		}
	}
	var own []probe.Leak
	leaks = slices.DeleteFunc(leaks, func(l probe.Leak) bool {
		if !inTempDir(l, w.scope) {
			return false
		}
		surplus[l.Resource.(procfd.FD).Of.Sort()]--
		own = append(own, l)
		return true
	})
	for i := range leaks {
		if w.later[leaks[i].Resource.(procfd.FD).Of.Sort()] {
			leaks[i].Recurs = "others like it keep being opened"
		}
	}
	return append(own, w.pipes.excuse(w.renewal.excuse(leaks, surplus), w.now)...)
}

// Explain describes leaks as they are now. It adds which of them belong together and where each was
// opened.
func (w *watch) Explain(leaks []probe.Leak) []probe.Leak {
	w.release()
	if !w.scope.Borrows { // with Borrows the leaks stand for places
		refresh(leaks)
		together(leaks)
	}
	for i := range leaks {
		leaks[i].Changes = changes(leaks[i])
	}
	w.unheld = w.openers.explain(leaks, w.scope)
	return leaks
}

// refresh describes leaks anew. It keeps what identifies them, such as the origin.
func refresh(leaks []probe.Leak) {
	all, _ := procfd.All()
	now := make(map[procfd.Entry]procfd.FD, len(all))
	for _, d := range all {
		now[procfd.Entry{Num: d.Num, ID: d.Of}] = d
	}
	for i := range leaks {
		l := &leaks[i]
		was, ok := l.Resource.(procfd.FD)
		if ok && l.Proven {
			was.ChildNow()
			for k, phrase := range was.Detail {
				l.Evidence[k].Columns = []string{phrase}
			}
			l.Resource = was
		}
		d, open := now[procfd.Entry{Num: was.Num, ID: was.Of}]
		if !ok || !open || l.Proven {
			continue
		}
		if len(leaks) > few {
			d.Detail = slices.DeleteFunc(d.Detail, func(phrase string) bool { return strings.HasPrefix(phrase, "other end") })
		}
		fresh := leak(d)
		l.Columns, l.Resource = fresh.Columns, fresh.Resource
		if len(fresh.Evidence) > 0 {
			l.Evidence = fresh.Evidence
		}
	}
}

// Collected marks as forgotten the leaks that are gone since a collection. It leaves out leaks that
// only a goroutine can have closed meanwhile.
func (w *watch) Collected(leaks []probe.Leak) []probe.Leak {
	ran := w.collected.queued
	now, err := w.Grown()
	if err != nil {
		return leaks
	}
	ran = w.collected.queued - ran
	open := make(map[string]bool, len(now))
	for _, l := range now {
		open[l.ID] = true
	}
	leaks = slices.DeleteFunc(leaks, func(l probe.Leak) bool {
		return !open[l.ID] && (ran == 0 || w.pipes.alike[l.ID])
	})
	var closed []*probe.Leak
	for i := range leaks {
		if !open[leaks[i].ID] {
			closed = append(closed, &leaks[i])
		}
	}
	if uint64(connections(closed)) > ran {
		return leaks // a goroutine closed some of them
	}
	if len(closed) > 0 { // later looks don't count these again
		w.collected.start = w.collected.finalizers
	}
	for _, l := range closed {
		l.Forgotten, l.Proven = true, true
		if uint64(len(closed)) > ran && slices.ContainsFunc(closed, func(o *probe.Leak) bool { return o != l && connection(o) == connection(l) }) {
			l.Evidence = append(l.Evidence, isHalfForgotten)
		} else {
			l.Evidence = append(l.Evidence, isForgotten)
		}
	}
	return leaks
}

// Notes returns what the platform does not show and what could not be judged.
func (w *watch) Notes() (notes []string) {
	add := func(note string) {
		if note != "" {
			notes = append(notes, note)
		}
	}
	add(procfd.Limits)
	add(w.renewal.note())
	add(w.unheld)
	if w.unseen && !w.scope.Suite {
		add(w.collected.note())
	}
	return notes
}

func (w *watch) Stop() {
	w.release()
	w.stop()
	tables.Put(w.before)
	switch {
	case w.scope.Suite:
		enclose(false)
		tables.Put(w.now)
	case w.still && keep(w.now, stillness{w.created, w.queue}):
	default:
		keep(nil, stillness{})
		tables.Put(w.now)
	}
	if w.before, w.now = nil, nil; w.looks <= 1 && w.described == nil && w.openers == nil {
		*w = watch{grown: w.grown[:0]}
		watches.Put(w)
	}
}

// ofTesting reports whether a descriptor's file is one that the testing package keeps open during
// and after a package's tests: the log for go test's cache, and profiles.
func ofTesting(d procfd.FD) bool {
	set := func(name string) string {
		if f := flag.Lookup("test." + name); f != nil {
			return f.Value.String()
		}
		return ""
	}
	for _, name := range []string{"testlogfile", "cpuprofile", "trace", "memprofile", "blockprofile", "mutexprofile", "coverprofile"} {
		path := set(name)
		switch {
		case path == "":
			continue
		case !filepath.IsAbs(path) && name != "testlogfile":
			path = filepath.Join(set("outputdir"), path)
		}
		path, _ = filepath.Abs(path)
		if real, err := filepath.EvalSymlinks(path); err == nil {
			path = real
		}
		if path == d.Path {
			return true
		}
	}
	return false
}
