package leaktest_test

import (
	"errors"
	"runtime"
	"testing"
	"testing/synctest"

	"github.com/leakassert/leakassert/internal/faketb"
	"github.com/leakassert/leakassert/leaktest"
	"github.com/stretchr/testify/assert"
)

// A function given to Ignore that does not return leaves nothing out.
func TestIgnoreFunctionThatDoesNotReturn(t *testing.T) {
	const gone = "it has ended its goroutine, as FailNow, SkipNow and runtime.Goexit do"
	for name, c := range map[string]struct {
		ignore func(*faketb.TB)
		says   string
	}{
		"panics":             {func(*faketb.TB) { panic("no idea") }, "panic: no idea"},
		"fails its test":     {func(f *faketb.TB) { f.FailNow() }, gone},
		"skips its test":     {func(f *faketb.TB) { f.SkipNow() }, gone},
		"ends its goroutine": {func(*faketb.TB) { runtime.Goexit() }, gone},
	} {
		t.Run(name, func(t *testing.T) {
			k := &keeper{make(chan struct{})}
			defer close(k.stop)
			f, panicked := faketb.Run("T", func(f *faketb.TB) {
				leaktest.Check(f, soon, leaktest.Ignore(func(leaktest.Leak) bool { c.ignore(f); return true }))
				k.start()
			})
			assert.Nil(t, panicked)
			assert.Contains(t, f.Errors(), "T leaked (settled for 20ms): 1 goroutine")
			assert.Contains(t, f.Errors(), "note: an option that leaves leaks out was not obeyed: "+c.says)

			f, _ = faketb.Run("T2", func(f *faketb.TB) { leaktest.Check(f, soon); k.start() })
			assert.Contains(t, f.Errors(), "T2 leaked", "the check is over, and later ones look as ever")
		})
	}
}

// In a bubble the clock is the test's, so that what blocks is given up at once.
func TestIgnoreFunctionThatBlocks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stop := make(chan struct{})
		defer close(stop)
		f := faketb.New("T")
		assert.False(t, leaktest.NoLeak(f, func() { go func() { <-stop }() },
			leaktest.Settle(0), leaktest.Ignore(func(leaktest.Leak) bool { <-stop; return true })))
		assert.Contains(t, f.Errors(), "T leaked: 1 goroutine")
		assert.Contains(t, f.Errors(), "note: an option that leaves leaks out was not obeyed: no answer for 2s: does it wait for a lock?")
	})
}

// The leak that a function is shown is its own to alter.
func TestIgnoreFunctionThatAltersTheLeak(t *testing.T) {
	k := &keeper{make(chan struct{})}
	defer close(k.stop)
	alter := func(l leaktest.Leak) bool {
		for i := range l.Columns {
			l.Columns[i] = "altered"
		}
		for i := range l.Frames {
			l.Frames[i] = leaktest.Frame{Func: "altered"}
		}
		for i := range l.Evidence {
			l.Evidence[i].Label, l.Evidence[i].Columns[0] = "altered", "altered"
		}
		for i := range l.Names {
			l.Names[i] = "altered"
		}
		return false
	}
	f := faketb.New("T")
	assert.False(t, leaktest.NoLeak(f, func() { k.start(); openFile(t, "orders.log") }, soon, leaktest.Ignore(alter)))
	assert.Contains(t, f.Errors(), "goroutine  +1  chan receive  leaktest_test.(*keeper).keep")
	assert.Contains(t, f.Errors(), "orders.log")
	assert.NotContains(t, f.Errors(), "altered")

	f = faketb.New("T")
	assert.True(t, leaktest.NoLeak(f, k.start, soon, leaktest.Ignore(alter), leaktest.IgnoreFunc(pkg+"(*keeper).keep")), f.Errors())
}

// A faulty probe does something else than it should in one of its methods.
type faultyProbe struct {
	start, grown, explain, stop func()
	err                         error
}

func (p faultyProbe) Kind() string { return "faulty" }
func (p faultyProbe) Start(leaktest.Scope) (leaktest.Watch, error) {
	do(p.start)
	return p, nil
}
func (p faultyProbe) Grown() ([]leaktest.Leak, error) {
	do(p.grown)
	return []leaktest.Leak{{ID: "1", Unit: "child"}}, p.err
}
func (p faultyProbe) Explain(l []leaktest.Leak) []leaktest.Leak { do(p.explain); return l }
func (p faultyProbe) Stop()                                     { do(p.stop) }

func do(f func()) {
	if f != nil {
		f()
	}
}

// Each fault of a probe costs one line, and fails the check.
func TestFaultyProbe(t *testing.T) {
	boom := func() { panic("boom") }
	for name, c := range map[string]struct {
		probe faultyProbe
		says  string
	}{
		"Start panics":                {faultyProbe{start: boom}, "note: faulty: not checked: Start: panic: boom"},
		"Start ends its goroutine":    {faultyProbe{start: runtime.Goexit}, "note: faulty: not checked: Start: it has ended its goroutine"},
		"Grown panics":                {faultyProbe{grown: boom}, "note: faulty: not checked: Grown: panic: boom"},
		"Grown returns an error":      {faultyProbe{err: errors.New("no\nidea")}, "note: faulty: not checked: no idea"},
		"Grown ends its goroutine":    {faultyProbe{grown: runtime.Goexit}, "note: faulty: not checked: Grown: it has ended its goroutine"},
		"Explain panics":              {faultyProbe{explain: boom}, "note: faulty: not explained: "},
		"Explain ends its goroutine":  {faultyProbe{explain: runtime.Goexit}, "note: faulty: not explained: "},
		"Stop panics":                 {faultyProbe{stop: boom}, "note: faulty: not stopped: "},
		"Stop ends its own goroutine": {faultyProbe{stop: runtime.Goexit}, "note: faulty: not stopped: "},
	} {
		t.Run(name, func(t *testing.T) {
			f, panicked := faketb.Run("T", func(f *faketb.TB) { leaktest.Check(f, soon, leaktest.With(c.probe)) })
			assert.Nil(t, panicked)
			assert.Contains(t, f.Errors(), c.says)
			f = faketb.New("T")
			assert.False(t, leaktest.NoLeak(f, func() {}, soon, leaktest.With(c.probe)))
			assert.Contains(t, f.Errors(), c.says)
		})
	}
}

func TestProbeThatBlocks(t *testing.T) {
	for name, c := range map[string]struct {
		blocks func(p *faultyProbe, block func())
		says   string
	}{
		"Start":   {func(p *faultyProbe, block func()) { p.start = block }, "note: faulty: not checked: Start: no answer for 2s"},
		"Grown":   {func(p *faultyProbe, block func()) { p.grown = block }, "note: faulty: not checked: Grown: no answer for 2s"},
		"Explain": {func(p *faultyProbe, block func()) { p.explain = block }, "note: faulty: not explained: panic: Explain: no answer for 2s"},
		"Stop":    {func(p *faultyProbe, block func()) { p.stop = block }, "note: faulty: not stopped: panic: Stop: no answer for 2s"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				stop := make(chan struct{})
				defer close(stop)
				var p faultyProbe
				c.blocks(&p, func() { <-stop })
				f := faketb.New("T")
				assert.False(t, leaktest.NoLeak(f, func() {}, leaktest.Settle(0), leaktest.With(p)))
				assert.Contains(t, f.Errors(), c.says)
			})
		})
	}
}
