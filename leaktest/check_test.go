package leaktest_test

import (
	"context"
	"errors"
	"runtime"
	"runtime/pprof"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leakassert/leakassert/internal/faketb"
	"github.com/leakassert/leakassert/leaktest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/stretchr/testify/suite"
)

var (
	_ leaktest.TB = testing.TB(nil)
	_ leaktest.TB = (*testing.T)(nil)
)

// soon keeps failing checks from waiting for what a test wants to leak.
var soon = leaktest.Settle(20 * time.Millisecond)

func TestCheckReport(t *testing.T) {
	wholeReport(t)
	f, _ := faketb.Run("TestCheckout", func(f *faketb.TB) {
		leaktest.Check(f, soon)
		collect(t, 3)
		<-listen(t)
	})
	golden(t, "check", steady(f.Errors()))
}

// collect leaves workers behind that wait for work.
func collect(t *testing.T, n int) {
	work := make(chan int)
	t.Cleanup(func() { close(work) })
	for range n {
		ready := make(chan struct{})
		go worker(ready, work)
		<-ready
	}
}

func worker(ready chan<- struct{}, work <-chan int) {
	close(ready)
	for range work {
	}
}

// listen leaves one goroutine behind that is locked to its thread.
func listen(t *testing.T) (ready chan struct{}) {
	ready, stop := make(chan struct{}), make(chan struct{})
	t.Cleanup(func() { close(stop) })
	go func() {
		runtime.LockOSThread()
		close(ready)
		<-stop
	}()
	return ready
}

func TestCheckComesAfterTheCleanupsOfTheTest(t *testing.T) {
	f, _ := faketb.Run("T", func(f *faketb.TB) {
		leaktest.Check(f, leaktest.Settle(0))
		release := faketb.Stuck(t, 1)
		f.Cleanup(release)
	})
	assert.Empty(t, f.Errors())
}

func TestWhatWasThereBeforeIsNeverReported(t *testing.T) {
	f, _ := faketb.Run("T", func(f *faketb.TB) {
		faketb.Stuck(t, 20)
		leaktest.Check(f, soon)
		done := make(chan struct{})
		go close(done)
		<-done
	})
	assert.Empty(t, f.Errors())
	assert.Empty(t, f.Logs())
}

// What a test has started before its check is known by its label, also when
// there are too many goroutines for a dump at the beginning.
func TestWhatWasThereBeforeAmongMany(t *testing.T) {
	faketb.Stuck(t, 200)
	f, _ := faketb.Run("T", func(f *faketb.TB) {
		release := faketb.Stuck(t, 1)
		leaktest.Check(f, soon)
		faketb.Stuck(t, 1)()
		t.Cleanup(release)
	})
	assert.Empty(t, f.Errors()+f.Logs())
}

// A begin that knows too little dumps once in a while, so that a goroutine without any
// label is known to have been there.
func TestWhatWasThereBeforeWithoutALabel(t *testing.T) {
	faketb.Stuck(t, 200)
	time.Sleep(200 * time.Millisecond) // a begin may dump again
	f, _ := faketb.Run("T", func(f *faketb.TB) {
		pprof.SetGoroutineLabels(context.Background())
		release := faketb.Stuck(t, 1)
		leaktest.Check(f, soon)
		faketb.Stuck(t, 1)()
		t.Cleanup(release)
	})
	assert.Empty(t, f.Errors()+f.Logs())
}

func TestNoVerdictOnTopOfAnother(t *testing.T) {
	for name, body := range map[string]func(*faketb.TB){
		"failed":  func(f *faketb.TB) { f.Errorf("its own reason") },
		"fatal":   func(f *faketb.TB) { f.FailNow() },
		"skipped": func(f *faketb.TB) { f.SkipNow() },
		"panics":  func(f *faketb.TB) { panic("its own reason") },
	} {
		t.Run(name, func(t *testing.T) {
			f, _ := faketb.Run("T", func(f *faketb.TB) {
				leaktest.Check(f, soon)
				faketb.Stuck(t, 1)
				body(f)
			})
			assert.NotContains(t, f.Errors()+f.Logs(), "leaked")
			// And nobody else is blamed afterwards.
			f, _ = faketb.Run("T2", func(f *faketb.TB) {
				leaktest.Check(f, soon)
				done := make(chan struct{})
				go close(done)
				<-done
			})
			assert.Empty(t, f.Errors()+f.Logs())
		})
	}
}

func TestNoLeak(t *testing.T) {
	f := faketb.New("T")
	assert.True(t, leaktest.NoLeak(f, func() {}))
	assert.True(t, leaktest.NoLeak(f, func() { faketb.Stuck(t, 1)() }))
	assert.Empty(t, f.Errors())

	assert.False(t, leaktest.NoLeak(f, func() { faketb.Stuck(t, 2) }, soon))
	assert.Contains(t, f.Errors(), "T leaked (settled for 20ms): 2 goroutines")

	assert.False(t, leaktest.NoLeak(f, func() {}), "no verdict for a test that has failed")
}

func TestNoLeakInsideOfCheck(t *testing.T) {
	f, _ := faketb.Run("T", func(f *faketb.TB) {
		leaktest.Check(f, soon)
		leaktest.NoLeak(f, func() {})
		faketb.Stuck(t, 1) // after the inner check the goroutine is the outer one's again
	})
	assert.Contains(t, f.Errors(), "T leaked")
}

func TestNoLeakOfABodyThatDoesNotReturn(t *testing.T) {
	f := faketb.New("T")
	assert.PanicsWithValue(t, "body's", func() { leaktest.NoLeak(f, func() { panic("body's") }) })
	f, _ = faketb.Run("T", func(f *faketb.TB) { leaktest.NoLeak(f, f.FailNow) })
	assert.True(t, f.Failed())
	assert.Empty(t, f.Errors())
	assert.True(t, leaktest.NoLeak(faketb.New("T"), func() {}))
}

func TestTwoChecksAtTheSameTime(t *testing.T) {
	a, b := faketb.New("TestA"), faketb.New("TestB")
	leaktest.Check(a, soon)
	step, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		leaktest.Check(b, soon)
		faketb.Stuck(t, 1)
		step <- struct{}{}
		<-step
		b.End()
	}()
	<-step
	a.End()
	step <- struct{}{}
	<-done
	assert.Empty(t, a.Errors())
	assert.Contains(t, b.Errors(), "TestB leaked")
}

func TestLEAKTEST(t *testing.T) {
	leak := func(f *faketb.TB) {
		leaktest.Check(f, soon)
		faketb.Stuck(t, 1)
	}
	t.Setenv("LEAKTEST", "off")
	f, _ := faketb.Run("T", leak)
	assert.Empty(t, f.Errors()+f.Logs())
	assert.True(t, leaktest.NoLeak(f, func() { faketb.Stuck(t, 1) }))

	t.Setenv("LEAKTEST", " warn, ")
	f, _ = faketb.Run("T", leak)
	assert.Empty(t, f.Errors())
	assert.Contains(t, f.Logs(), "T leaked")

	t.Setenv("LEAKTEST", "trace")
	f, _ = faketb.Run("T", leak)
	assert.Contains(t, f.Errors(), "stack")
}

// In a synctest bubble time does not pass while anything runs: the check neither
// sleeps there nor moves its clock.
func TestCheckInABubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		f := faketb.New("T")
		assert.True(t, leaktest.NoLeak(f, func() { go func() {}() }))
		stop := make(chan struct{})
		assert.False(t, leaktest.NoLeak(f, func() { go func() { <-stop }() }))
		close(stop)
		assert.Contains(t, f.Errors(), "T leaked")
		assert.Equal(t, began, time.Now())
	})
}

type leakSuite struct{ suite.Suite }

func (s *leakSuite) SetupTest() { leaktest.Check(s.T()) }

func (s *leakSuite) TestIsClean() {
	done := make(chan struct{})
	go close(done)
	<-done
}

func TestTestifySuite(t *testing.T) { suite.Run(t, new(leakSuite)) }

// A probe of the user's own that breaks costs a line and nothing else.
type brokenProbe struct {
	start, grown error
	panics       bool
}

func (p brokenProbe) Kind() string { return "broken" }
func (p brokenProbe) Start(leaktest.Scope) (leaktest.Watch, error) {
	return p, p.start
}
func (p brokenProbe) Grown() ([]leaktest.Leak, error) {
	if p.panics {
		panic("no idea")
	}
	return nil, p.grown
}
func (p brokenProbe) Explain(l []leaktest.Leak) []leaktest.Leak { return l }
func (p brokenProbe) Stop()                                     {}

func TestBrokenProbeCostsOneLine(t *testing.T) {
	for says, p := range map[string]brokenProbe{
		"note: broken: not checked: can't start":           {start: errors.New("can't start")},
		"note: broken: not checked: can't look":            {grown: errors.New("can't look")},
		"note: broken: not checked: Grown: panic: no idea": {panics: true},
	} {
		f, panicked := faketb.Run("T", func(f *faketb.TB) {
			leaktest.Check(f, soon, leaktest.Goroutines(), leaktest.With(p))
			faketb.Stuck(t, 1)
		})
		require.Nil(t, panicked)
		assert.Contains(t, f.Errors(), "T leaked (settled for 20ms): 1 goroutine")
		assert.Contains(t, f.Errors(), says)

		f, _ = faketb.Run("T", func(f *faketb.TB) { leaktest.Check(f, leaktest.With(p)) })
		assert.Equal(t, says, f.Errors(), "what is not checked does not pass")
	}
}

func TestSnapshot(t *testing.T) {
	wholeReport(t)
	faketb.Stuck(t, 1)
	before := leaktest.Snapshot(soon)
	assert.True(t, before.Diff().Empty())
	assert.Empty(t, before.Diff().String())
	release := faketb.Stuck(t, 2)
	d := before.Diff()
	assert.False(t, d.Empty())
	require.Len(t, d.Leaks, 1)
	assert.EqualValues(t, 2, d.Leaks[0].Count)
	golden(t, "snapshot", steady(d.String()))
	release()
	assert.True(t, before.Diff().Empty())

	wrong := leaktest.Snapshot(leaktest.IgnoreFunc("x")).Diff()
	assert.False(t, wrong.Empty(), "nothing was looked for")
	assert.Contains(t, wrong.String(), `note: leaktest: IgnoreFunc("x") can't match`)
}

func TestFilterThatPanics(t *testing.T) {
	f := faketb.New("T")
	assert.False(t, leaktest.NoLeak(f, func() { faketb.Stuck(t, 1) }, soon, leaktest.Ignore(func(leaktest.Leak) bool { panic("no idea") })))
	assert.Contains(t, f.Errors(), "T leaked (settled for 20ms): 1 goroutine")
	assert.Contains(t, f.Errors(), "note: an option that leaves leaks out was not obeyed: panic: no idea")
	assert.True(t, leaktest.NoLeak(faketb.New("T"), func() { faketb.Stuck(t, 1)() }), "and nothing is broken by it")
}

func TestNoVerdictInADeferDuringAPanic(t *testing.T) {
	f := faketb.New("T")
	var verdict bool
	func() {
		defer func() { _ = recover() }()
		defer func() { verdict = leaktest.NoLeak(f, func() { faketb.Stuck(t, 1) }, soon) }()
		panic("body's")
	}()
	assert.False(t, verdict)
	assert.Empty(t, f.Errors())
}

func TestNoVerdictAfterGoexit(t *testing.T) {
	f, _ := faketb.Run("T", func(f *faketb.TB) {
		leaktest.Check(f, soon)
		faketb.Stuck(t, 1)
		runtime.Goexit()
	})
	assert.Empty(t, f.Errors())
}

func TestDiffsAtTheSameTime(t *testing.T) {
	before := leaktest.Snapshot(leaktest.Settle(0))
	var diffs sync.WaitGroup
	for range 8 {
		diffs.Go(func() { before.Diff() })
	}
	diffs.Wait()
}
