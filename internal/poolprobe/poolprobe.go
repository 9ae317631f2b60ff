package poolprobe

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/leakassert/leakassert/internal/check"
	"github.com/leakassert/leakassert/internal/probe"
	"github.com/leakassert/leakassert/internal/report"
)

// Kind is the kind of the probe's leaks.
const Kind = "pool"

// Probe watches one pool.
type Probe struct{ Pool Pool }

// Kind names the resource.
func (Probe) Kind() string { return Kind }

// Start reads the pool's statistics.
func (p Probe) Start(s probe.Scope) (probe.Watch, error) {
	if s.Suite { // pools are the tests'
		return idleWatch{}, nil
	}
	w := &watch{scope: s, pool: p.Pool}
	if c, ok := as[Closer](p.Pool); ok && c.Closed() {
		return nil, errors.New(p.Pool.Name() + ": the pool is closed: begin the check before it is closed")
	}
	if st, ok := as[Starter](p.Pool); ok {
		w.stops = append(w.stops, st.Start())
	}
	var err error
	if w.before, err = ask(p.Pool); err != nil {
		w.Stop()
		return nil, err
	}
	if _, prompt := as[Prompt](p.Pool); !prompt && w.before.InUse > 0 {
		w.before = lowest(p.Pool, w.before)
	}
	w.held = takers(p.Pool)
	if f, ok := as[Faulter](p.Pool); ok {
		for _, fault := range f.Faults() {
			w.faults = max(w.faults, fault.ID)
		}
	}
	if s.Trace && lends(w.pkg()) {
		w.trace = startTrace(w.pkg())
		w.stops = append(w.stops, w.trace.stop)
	}
	if b, ok := as[Blocker](p.Pool); ok {
		w.blocks = b
		w.stops = append(w.stops, w.watchCleanups())
	}
	return w, nil
}

// lowest is the reading with the fewest out among some in turn: a pool may take back
// on another goroutine what was released just before the check, and what that hides
// could leak unseen.
func lowest(p Pool, least Stats) Stats {
	for range 100 {
		runtime.Gosched()
		if now, err := ask(p); err == nil && now.InUse < least.InUse {
			least = now
		}
		if least.InUse == 0 {
			break
		}
	}
	return least
}

type watch struct {
	scope       probe.Scope
	pool        Pool
	before, now Stats
	held        []Checkout // at the start
	faults      int        // the last one that was there at the start
	looks       int
	trace       *trace
	blocks      Blocker // not nil: the pool's Close waits
	stops       []func()
}

// Grown lists what is out now and was not at the start, and wrong uses.
func (w *watch) Grown() (leaks []probe.Leak, err error) {
	if w.looks++; w.looks > 1 {
		if s, ok := as[Settler](w.pool); ok {
			s.Settle()
		}
	}
	if w.now, err = ask(w.pool); err != nil {
		return nil, err
	}
	if changes := risen(w.before, w.now); len(changes) > 0 {
		leaks = append(leaks, w.leak(changes))
	}
	if f, ok := as[Faulter](w.pool); ok {
		for _, fault := range f.Faults() {
			if fault.ID > w.faults {
				leaks = append(leaks, w.fault(fault))
			}
		}
	}
	return leaks, nil
}

func (w *watch) leak(changes []change) probe.Leak {
	columns := []string{w.pool.Name()}
	count := int64(0)
	for _, c := range changes {
		columns = append(columns, c.String())
		if c.name != waiting {
			count += c.after - c.before
		}
	}
	if count == 0 { // nobody has anything, and yet somebody waits
		count = changes[0].after - changes[0].before
	}
	return probe.Leak{
		Kind: Kind, ID: w.pool.Name(), Unit: "pool slot", Count: count, Columns: columns,
		Origin: w.pool.Name(), Resource: w.now,
	}
}

func (w *watch) fault(f Fault) probe.Leak {
	l := probe.Leak{
		Kind: Kind, ID: fmt.Sprint(w.pool.Name(), " fault ", f.ID), Unit: "wrong use", Columns: []string{w.pool.Name(), f.What}, Proven: true,
	}
	for _, s := range f.Stacks {
		l.Evidence = append(l.Evidence, probe.Evidence{Label: s.Label, Columns: report.Call(taker(s.Stack, w.pkg()))})
		l.Frames = append(l.Frames, s.Stack...)
	}
	l.Tests, _ = check.TestsOn(l.Frames)
	return l
}

func (w *watch) pkg() string {
	if l, ok := as[Lender](w.pool); ok {
		return l.Package()
	}
	return ""
}

// Explain tells who has taken what is out, and how the statistics have changed.
func (w *watch) Explain(leaks []probe.Leak) []probe.Leak {
	for i := range leaks {
		l := &leaks[i]
		if l.ID != w.pool.Name() {
			continue
		}
		held, label := since(w.held, takers(w.pool)), "checked out"
		if total(held) > l.N() {
			label = "candidate"
		}
		if len(held) == 0 && w.trace != nil {
			var certain bool
			if held, certain = w.trace.held(l.N()); !certain {
				label = "candidate"
			}
		}
		if len(held) == 0 && w.trace == nil && lends(w.pkg()) {
			l.Traceable = "who has taken what is out of pools"
		}
		for _, c := range byTaker(held, w.pkg()) {
			l.Evidence = append(l.Evidence, w.checkedOut(label, c))
		}
		for _, c := range held {
			if len(held) == 1 {
				l.Frames = c.Stack
			}
			tests, _ := check.TestsOn(c.Stack)
			for _, t := range tests {
				if !slices.Contains(l.Tests, t) {
					l.Tests = append(l.Tests, t)
				}
			}
		}
		l.Evidence = append(l.Evidence, w.difference()...)
		if w.blocks != nil {
			l.Evidence = append(l.Evidence, probe.Evidence{Label: "close", Columns: []string{"the pool's Close waits for what is out"}})
			if w.scope.ToEnd { // the report may not be printed before that
				fmt.Fprintf(stderr, "%s: the pool's Close waits for what is out: %s\n", w.scope.Test, report.Line(*l))
			}
		}
	}
	return leaks
}

func (w *watch) checkedOut(label string, c Checkout) probe.Evidence {
	var columns []string
	if c.Count > 1 {
		columns = append(columns, fmt.Sprintf("%d×", c.Count))
	}
	if c.What != "" {
		columns = append(columns, c.What)
	}
	return probe.Evidence{Label: label, Columns: append(columns, report.Call(taker(c.Stack, w.pkg()))...)}
}

// difference is how the pool's own statistics have changed.
func (w *watch) difference() (lines []probe.Evidence) {
	before, now := snapshot(w.before.Raw), snapshot(w.now.Raw)
	if before == nil || now == nil {
		return nil
	}
	label, sign := "stats", "(-start +end)  "
	for line := range strings.Lines(diff(before, now, optionsOf(w.pool))) {
		// cmp makes its output differ on purpose, in its spaces.
		line = strings.ReplaceAll(strings.TrimRight(line, "\n"), "\u00a0", " ")
		lines = append(lines, probe.Evidence{Label: label, Columns: []string{sign + strings.ReplaceAll(line, "\t", "  ")}})
		label, sign = "", ""
	}
	return lines
}

func diff(before, now any, opts []cmp.Option) (text string) {
	defer func() {
		if recover() != nil { // a field that is not exported
			text = fmt.Sprintf("- %+v\n+ %+v", before, now)
		}
	}()
	return cmp.Diff(before, now, opts...)
}

func (w *watch) Stop() {
	for _, stop := range w.stops {
		stop()
	}
}

type idleWatch struct{}

func (idleWatch) Grown() ([]probe.Leak, error)            { return nil, nil }
func (idleWatch) Explain(leaks []probe.Leak) []probe.Leak { return leaks }
func (idleWatch) Stop()                                   {}

// Apply has a plan watch pools.
func Apply(p *check.Plan, by string, pools []Pool) {
	settle := time.Duration(-1)
	for i, pool := range pools {
		if isNil(pool) {
			p.Wrong(fmt.Errorf("%s: a pool is nil: open it before the check", by))
			continue
		}
		if err := invalid(pool); err != nil {
			p.Wrong(fmt.Errorf("%s: %w", by, err))
			continue
		}
		name := pool.Name()
		if name == "" {
			p.Wrong(fmt.Errorf("%s: a pool of type %T has no name: give it one, for the report", by, pool))
			continue
		}
		if slices.ContainsFunc(pools[:i], func(p Pool) bool { return !isNil(p) && p.Name() == name }) {
			p.Wrong(fmt.Errorf("%s: two pools are called %q: give each a name of its own", by, name))
			continue
		}
		p.Watch(Probe{pool})
		wanted := p.Settle
		if o, ok := pool.(*configured); ok && o.settles {
			wanted = o.settle
		}
		settle = max(settle, wanted)
	}
	if settle >= 0 {
		p.Settle = settle
	}
}

// Plan is a check of pools.
func Plan(pools []Pool) func() check.Plan {
	return func() check.Plan {
		p := check.NewPlan()
		if len(pools) == 0 {
			p.Wrong(errors.New("poolassert: no pool is given: pass those to watch"))
		}
		Apply(&p, "poolassert", pools)
		return p
	}
}

// warn is how long the cleanups of a test may take before what is out is told on
// standard error: a pool's Close waits for it.
const warn = 5 * time.Second

// stderr is where that is told.
var stderr io.Writer = os.Stderr
