package poolprobe

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/leakassert/leakassert/internal/names"
	"github.com/leakassert/leakassert/internal/probe"
	"github.com/leakassert/leakassert/internal/report"
	"github.com/leakassert/leakassert/internal/retain"
)

const Kind = "pool"

type Probe struct{ Pool Pool }

func (Probe) Kind() string { return Kind }

func (p Probe) Start(s probe.Scope) (probe.Watch, error) {
	if s.Suite { // pools belong to the tests
		return probe.Nothing{}, nil
	}
	w := &watch{scope: s, pool: configure(p.Pool)}
	pool := &w.pool
	if c, ok := pool.Pool.(Closer); ok && c.Closed() {
		return nil, errors.New(pool.Name() + ": the pool is closed: begin the check before it is closed")
	}
	if k, ok := pool.Pool.(Keeper); ok {
		w.stops = append(w.stops, k.Track())
		w.keeper, w.faults = k, len(k.Faults())
	}
	var err error
	if w.before, err = pool.least(); err != nil {
		w.Stop()
		return nil, err
	}
	w.held = pool.takers()
	if s.Trace && lends(pool.pkg()) {
		w.trace = startTrace(pool)
		w.stops = append(w.stops, w.trace.stop)
	}
	if _, w.blocks = pool.Pool.(Blocker); w.blocks {
		w.stops = append(w.stops, w.watchCleanups())
	}
	return w, nil
}

type watch struct {
	scope       probe.Scope
	pool        configured
	before, now Stats
	held        Taken  // at the start
	keeper      Keeper // nil if the pool keeps no account
	faults      int    // the number of faults at the start
	trace       *trace
	blocks      bool // the pool's Close waits
	stops       []func()
	unheld      string // why it is not known what holds the objects that are out
}

// Notes says why it is not known what holds the objects that are out.
func (w *watch) Notes() []string {
	if w.unheld == "" {
		return nil
	}
	return []string{w.unheld}
}

func (w *watch) Grown() (leaks []probe.Leak, err error) {
	if w.now, err = w.pool.ask(); err != nil {
		return nil, err
	}
	if changes := risen(w.before, w.now); len(changes) > 0 {
		leaks = append(leaks, w.leak(changes))
	}
	if w.keeper != nil {
		for _, fault := range w.keeper.Faults()[w.faults:] {
			leaks = append(leaks, w.fault(fault))
		}
	}
	return leaks, nil
}

func (w *watch) leak(changes []Reading) probe.Leak {
	name, count := w.pool.Name(), int64(0)
	columns := []string{name}
	for _, c := range changes {
		columns = append(columns, c.Name)
		count += c.Value
	}
	if wait := max(0, w.now.Waiting-w.before.Waiting); count > wait { // otherwise nothing is out, yet somebody waits
		count -= wait
	}
	l := probe.Leak{Kind: Kind, ID: name, Unit: "pool slot", Count: count, Columns: columns, Origin: name, Resource: w.now, Alike: true}
	l.SetPlace(name + " " + mainGauge(changes))
	return l
}

// mainGauge is the gauge that names the leak: how many wait, and how many other gauges have risen with
// InUse, depends on timing.
func mainGauge(changes []Reading) (gauge string) {
	for _, c := range changes {
		name, _, _ := strings.Cut(c.Name, " ")
		switch {
		case name == "InUse":
			return name
		case gauge == "", gauge == "Waiting", name != "Waiting" && name < gauge:
			gauge = name
		}
	}
	return gauge
}

func (w *watch) fault(f Fault) probe.Leak {
	name := w.pool.Name()
	l := probe.Leak{Kind: Kind, ID: fmt.Sprint(name, " fault ", f.ID), Unit: "wrong use", Columns: []string{name, f.What}, Proven: true}
	for _, s := range f.Stacks {
		frames := s.Stack.frames()
		l.AddCall(s.Label, probe.CallOn(frames, taker(frames, w.pool.pkg())))
		l.Frames = append(l.Frames, frames...)
	}
	l.Tests, _ = names.TestsOn(l.Frames)
	l.SetPlace(name + " " + f.What)
	return l
}

func (w *watch) Explain(leaks []probe.Leak) []probe.Leak {
	if i := slices.IndexFunc(leaks, func(l probe.Leak) bool { return l.ID == w.pool.Name() }); i >= 0 {
		w.explain(&leaks[i])
	}
	return leaks
}

func (w *watch) explain(l *probe.Leak) {
	pkg := w.pool.pkg()
	held, candidates := since(w.held, w.pool.takers()), Taken(nil)
	switch {
	case held.total() > l.N():
		held, candidates = nil, held
	case len(held) > 0:
	case w.trace != nil:
		held, candidates = w.trace.held(l.N())
		if len(held)+len(candidates) == 0 {
			why := "no object of " + pkg + " shows it"
			if w.trace.blind != nil {
				why = w.trace.blind.Error()
			}
			l.AddEvidence("checked out", "not known: "+why)
		}
	case lends(pkg):
		l.Traceable = "checkouts"
	}
	show := func(label string, taken Taken) {
		for _, e := range taken.lines(pkg) {
			if e.Label = label; label == "candidate" {
				e.Call = probe.CallSite{}
			}
			l.Evidence = append(l.Evidence, e)
		}
		for place := range taken {
			frames := place.Stack.frames()
			if len(held) == 1 && len(candidates) == 0 {
				l.Frames = frames
			}
			tests, _ := names.TestsOn(frames)
			l.Tests = append(l.Tests, tests...)
		}
	}
	show("checked out", held)
	show("candidate", candidates)
	if w.trace != nil && len(w.trace.out) > 0 {
		w.holders(l)
	}
	slices.Sort(l.Tests)
	l.Tests = slices.Compact(l.Tests)
	l.Evidence = append(l.Evidence, w.difference()...)
	l.Changes = changes(w.before, w.now)
	if w.blocks {
		l.AddEvidence("close", "the pool's Close waits for what is out")
		if w.scope.ToEnd { // the report may not be printed before Close returns
			fmt.Fprintf(stderr, "%s: the pool's Close waits for what is out: %s\n", report.Name(w.scope.Test), report.Line(*l))
		}
	}
}

// holders adds what holds the objects that are out.
func (w *watch) holders(l *probe.Leak) {
	var paths []retain.Path
	paths, w.unheld = retain.Holders(w.scope.Symbols, w.trace.out...)
	slices.SortFunc(paths, func(a, b retain.Path) int { return strings.Compare(a.Text, b.Text) }) // the addresses are by chance
	for _, p := range paths {
		if p.Text != "" {
			l.AddWay("held by", p.Text, p.Steps)
		}
	}
}

func (w *watch) difference() (lines []probe.Evidence) {
	if w.before.Raw == nil || w.now.Raw == nil {
		return nil
	}
	label, sign := "stats", "(-start +end)  "
	for line := range strings.Lines(diff(w.before.Raw, w.now.Raw, w.pool.Compare)) {
		// cmp varies the spaces in its output on purpose.
		line = strings.NewReplacer("\n", "", "\u00a0", " ", "\t", "  ").Replace(line)
		lines = append(lines, probe.Evidence{Label: label, Columns: []string{sign + line}})
		label, sign = "", ""
	}
	return lines
}

// behind returns the struct that a pointer points to, and any other value as it is.
func behind(raw any) any {
	if v := reflect.ValueOf(raw); v.Kind() == reflect.Pointer && v.Elem().Kind() == reflect.Struct {
		return v.Elem().Interface()
	}
	return raw
}

// Diff returns the difference of two values by go-cmp, with options of it. Package poolassert sets it.
// So a test binary without that package does not have go-cmp, which takes 0.5 ms to initialize.
var Diff = func(before, now any, _ []any) string { return values(before, now) }

func diff(before, now any, opts []any) (text string) {
	before, now = behind(before), behind(now)
	defer func() {
		if recover() != nil { // an unexported field
			text = values(before, now)
		}
	}()
	return Diff(before, now, opts)
}

func values(before, now any) string { return fmt.Sprintf("- %+v\n+ %+v", before, now) }

func (w *watch) Stop() {
	for _, stop := range w.stops {
		stop()
	}
}

// warn is how long a test's cleanups may take before a warning on stderr names what is out.
const warn = 5 * time.Second

var stderr io.Writer = os.Stderr

// watchCleanups warns about a pool whose Close waits. The warning names what is out if the cleanups
// have begun and the check does not follow: perhaps it can't before that Close returns.
func (w *watch) watchCleanups() (stop func()) {
	ctx := w.scope.Context
	if ctx == nil || !w.scope.ToEnd {
		return func() {}
	}
	armed := make(chan *time.Timer, 1)
	unregister := context.AfterFunc(ctx, func() { armed <- time.AfterFunc(warn, w.tell) })
	return sync.OnceFunc(func() {
		if !unregister() {
			(<-armed).Stop()
		}
	})
}

func (w *watch) tell() {
	now, err := w.pool.ask()
	if err != nil {
		return
	}
	for _, c := range risen(w.before, now) {
		fmt.Fprintf(stderr, "poolassert: %s: the cleanups have waited for %v, and pool %s has %s. Its Close waits for what is out. Call Check after the line t.Cleanup(pool.Close): what is registered last runs first\n",
			w.scope.Test, warn, w.pool.Name(), c.Name)
		for _, e := range since(w.held, w.pool.takers()).lines(w.pool.pkg()) {
			fmt.Fprintln(stderr, "    checked out  "+strings.Join(e.Columns, "  "))
		}
	}
}
