package check

import (
	"errors"
	"slices"
	"sync/atomic"
	"time"

	"github.com/leakassert/leakassert/internal/probe"
)

// A Plan is what options add up to.
type Plan struct {
	probe.Config
	// Cleanup is called when the check has ended, with the exit code where
	// there is one.
	Cleanup func(exitCode int)
	// Rounds is how a body is run again and again.
	Rounds Rounds

	inherited, limits int // filters of the package's
	errs              []error
}

// Rounds is how a body is run again and again to see what grows.
type Rounds struct {
	Warmup     int // iterations before it counts; -1 stands for as many as is usual
	Iterations int // that a body which is clean runs, 0 for as many as is usual
	Budget     time.Duration
	Max        Max // that may grow, an iteration
}

// Max is how much heap may be left; of what is not limited, anything if the
// other is.
type Max struct {
	Objects, Bytes             int64
	LimitsObjects, LimitsBytes bool
}

// ofPackage is the plan that holds for the whole package while its tests run
// under a TestMain of ours.
var ofPackage atomic.Pointer[Plan]

// NewPlan is a plan without options: the defaults, or what holds for the package.
func NewPlan() Plan {
	p := Plan{Config: probe.Config{Settle: probe.DefaultSettle, Void: panicking}, Rounds: Rounds{Warmup: -1}}
	if o := ofPackage.Load(); o != nil {
		p.Settle, p.Collect, p.Sift, p.Limit = o.Settle, o.Collect, slices.Clip(o.Sift), slices.Clip(o.Limit)
		p.inherited, p.limits = len(p.Sift), len(p.Limit)
	}
	return p
}

// ForPackage makes the filters and times of a plan those of all checks that begin
// until the returned function is called.
func (p *Plan) ForPackage() (end func()) {
	ofPackage.Store(p)
	return func() { ofPackage.Store(nil) }
}

// Wrong takes note of an option that can't be obeyed.
func (p *Plan) Wrong(err error) {
	if err != nil {
		p.errs = append(p.errs, err)
	}
}

// Err says what is wrong with the options.
func (p *Plan) Err() error { return errors.Join(p.errs...) }

// Watch adds a probe; one that is there already is not added again.
func (p *Plan) Watch(q probe.Probe) {
	if !probe.Contains(p.Probes, q) {
		p.Probes = append(p.Probes, q)
	}
}

// SettleFor sets how long a check that has found something waits.
func (p *Plan) SettleFor(by string, d time.Duration) {
	if d < 0 {
		p.Wrong(errors.New(by + ": Settle(" + d.String() + "): a time to wait can't be negative; 0 looks once"))
		return
	}
	p.Settle = d
}

// own is the plan without what is the package's.
func (p Plan) own() probe.Config {
	c := p.Config
	c.Sift, c.Limit = c.Sift[p.inherited:], c.Limit[p.limits:]
	return c
}
