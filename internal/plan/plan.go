// Package plan puts the options of a check together: what it watches, what it leaves out,
// how long it waits, and what is wrong with the options.
package plan

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/leakassert/leakassert/internal/memprofile"
	"github.com/leakassert/leakassert/internal/probe"
)

type Plan struct {
	Config
	// Cleanup is called when the check has ended, with the exit code where there is one.
	Cleanup func(exitCode int)
	// Rounds is how a body is run again and again.
	Rounds Rounds
	// Unwrapped are tests of the package that have no check of Main's.
	Unwrapped []string
	// Local are options that can only judge this process.
	Local []string

	// Baseline is the file of known leaks, "" without one.
	Baseline string

	// Only are the kinds to restrict the check to; without any it is not restricted.
	Only []string

	inherited, limits int // filters of the package's
	errs              []error
}

// Rounds is how a body is run again and again to see what grows.
type Rounds struct {
	Warmup     int // iterations before it counts; -1 stands for as many as is usual
	Iterations int // that a body which is clean runs, 0 for as many as is usual
	Budget     time.Duration
	Max        Max // that may grow, an iteration

	repeats bool     // the plan is of a check that does
	options []string // that are for such checks only
}

// Max is how much heap may be left; of what is not limited, anything if the other is.
type Max struct {
	Objects, Bytes             int64
	LimitsObjects, LimitsBytes bool
}

// ofPackage is the plan that holds for the whole package while its tests run
// under a TestMain of ours.
var ofPackage atomic.Pointer[Plan]

// NewPlan is a plan without options: the defaults, or what holds for the package.
func NewPlan() Plan {
	p := Plan{Config: Config{Settle: DefaultSettle, Void: panicking}, Rounds: Rounds{Warmup: -1}}
	if o := ofPackage.Load(); o != nil {
		p.Settle, p.Collect, p.Filters, p.Limit, p.Idle = o.Settle, o.Collect, slices.Clip(o.Filters), slices.Clip(o.Limit), slices.Clip(o.Idle)
		p.Baseline = o.Baseline
		p.inherited, p.limits = len(p.Filters), len(p.Limit)
	}
	return p
}

// ForPackage makes the filters and times of a plan those of all checks that begin
// until the returned function is called.
func (p *Plan) ForPackage() (end func()) {
	ofPackage.Store(p)
	return func() { ofPackage.Store(nil) }
}

func (p *Plan) Wrong(err error) { p.errs = append(p.errs, err) }

func (p *Plan) Err() error {
	errs := p.errs
	if !p.Rounds.repeats {
		for _, option := range p.Rounds.options {
			errs = append(errs, errors.New(option+" is only for NoGrowth, which repeats the body: leave it out, or call NoGrowth"))
		}
	}
	return errors.Join(errs...)
}

// OnlyRepeated takes note of an option that is only for checks that repeat the body.
func (p *Plan) OnlyRepeated(option string) { p.Rounds.options = append(p.Rounds.options, option) }

// Repeating returns the options of a check that repeats the body.
func Repeating(options func() Plan) func() Plan {
	return func() Plan {
		p := options()
		p.Rounds.repeats = true
		return p
	}
}

// Watch adds a probe; one that is there already is not added again.
func (p *Plan) Watch(q probe.Probe) {
	if !probe.Contains(p.Probes, q) {
		p.Probes = append(p.Probes, q)
	}
}

// Restrict leaves only the probes of some kinds. A kind that is not watched is an error.
func (p *Plan) Restrict(by string, kinds []string) {
	var watched []string
	for _, q := range p.Probes {
		watched = append(watched, q.Kind())
	}
	for _, k := range kinds {
		if !slices.Contains(watched, k) {
			p.Wrong(fmt.Errorf("%s(%q): this check does not watch this kind; it watches %s", by, k, strings.Join(watched, ", ")))
		}
	}
	p.Probes = slices.DeleteFunc(p.Probes, func(q probe.Probe) bool { return !slices.Contains(kinds, q.Kind()) })
}

func (p *Plan) SettleFor(by string, d time.Duration) {
	if d < 0 {
		p.Wrong(errors.New(by + ": Settle(" + d.String() + "): a time to wait can't be negative; 0 looks once"))
		return
	}
	p.Settle = d
}

// Own is the plan without what is the package's.
func (p Plan) Own() Config {
	c := p.Config
	c.Filters, c.Limit = c.Filters[min(p.inherited, len(c.Filters)):], c.Limit[min(p.limits, len(c.Limit)):]
	return c
}

type Config struct {
	Probes []probe.Probe
	// Settle is how long a check that has found something waits for it to go.
	Settle time.Duration
	// Filters leave leaks out. They see leaks as Grown found them, and again as Explain left them.
	Filters []*Filter
	// Idle close what is kept for later use; they are called when something was found.
	Idle []func()
	// Limit are filters that look at what all others have left.
	Limit []func([]probe.Leak) []probe.Leak
	// Collect says that what a garbage collection releases is no leak: one is run
	// early while settling.
	Collect bool
	// Void is asked once something has been found: when it answers true the
	// test is beyond a verdict and nothing is said.
	Void func() bool
	// Known reports whether all these leaks are in the file of known leaks. It is nil without one.
	Known func([]probe.Leak) bool
}

// DefaultSettle is how long a failing check waits for what is on its way out.
const DefaultSettle = 2 * time.Second

// panicking reports whether a panic or Goexit is under way on this goroutine.
// While a test panics, t.Failed is still false in its cleanups.
func panicking() bool {
	var pcs [64]uintptr
	return slices.ContainsFunc(memprofile.Frames(pcs[:runtime.Callers(2, pcs[:])]), func(f probe.Frame) bool {
		return f.Func == "runtime.gopanic" || f.Func == "runtime.Goexit"
	})
}

// A Filter leaves leaks out because an option asks for it.
type Filter struct {
	option string // as the user has written it; "" if it is none that can be superfluous
	keep   func([]probe.Leak) []probe.Leak
	used   atomic.Bool
}

// Keep returns the leaks that the filter does not leave out.
func (f *Filter) Keep(leaks []probe.Leak) []probe.Leak {
	n := len(leaks)
	kept := f.keep(leaks)
	if len(kept) < n {
		f.used.Store(true)
	}
	return kept
}

// Keep adds a filter that returns the leaks to be kept.
func (p *Plan) Keep(option string, keep func([]probe.Leak) []probe.Leak) {
	p.Filters = append(p.Filters, &Filter{option: option, keep: keep})
}

// LeaveOut adds a filter that leaves out the leaks for which ignore returns true.
func (p *Plan) LeaveOut(option string, ignore func(probe.Leak) bool) {
	p.Keep(option, func(leaks []probe.Leak) []probe.Leak { return slices.DeleteFunc(leaks, ignore) })
}

// Unused are the options that have left nothing out.
func (p *Plan) Unused() []string { return p.options(false) }

// Used are the options that have left something out.
func (p *Plan) Used() []string { return p.options(true) }

func (p *Plan) options(used bool) (options []string) {
	for _, f := range p.Filters {
		if f.option != "" && f.used.Load() == used {
			options = append(options, f.option)
		}
	}
	return options
}
