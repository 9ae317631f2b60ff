package pipeline_test

import (
	"fmt"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/leakassert/leakassert/internal/faketb"
	"github.com/leakassert/leakassert/internal/pipeline"
	"github.com/leakassert/leakassert/internal/plan"
	"github.com/leakassert/leakassert/internal/probe"
	"github.com/leakassert/leakassert/internal/window"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// elsewhere calls f on another goroutine, which does not get the label of the
// calling one: it is as old as the process's tests.
var elsewhere = func() func(f func()) {
	work := make(chan func())
	go func() {
		for f := range work {
			f()
		}
	}()
	return func(f func()) {
		done := make(chan struct{})
		work <- func() { defer close(done); f() }
		<-done
	}
}()

func (s *slots) watch(t *testing.T) *pipeline.Check {
	return pipeline.Begin(t, probe.Scope{Test: t.Name()}, &plan.Config{Probes: []probe.Probe{s}})
}

// A test that is paused in t.Parallel from before another begins to after it has
// ended is no rival of it.
func TestPausedIsNotRunning(t *testing.T) {
	s, atEnd := &slots{}, ""
	t.Run("group", func(t *testing.T) {
		t.Run("P", func(t *testing.T) {
			c := s.watch(t)
			s.take("p")
			t.Parallel()
			s.free("p")
			s.take("late")
			atEnd = say(c.Finish(pipeline.Returned))
		})
		t.Run("S", func(t *testing.T) {
			c := s.watch(t)
			s.take("s")
			assert.Equal(t, "leaks s", say(c.Finish(pipeline.Returned)))
		})
		t.Run("S", func(t *testing.T) {
			t.Run("sub", func(t *testing.T) {
				c := s.watch(t)
				s.take("sub")
				assert.Equal(t, "leaks sub", say(c.Finish(pipeline.Returned)))
			})
		})
	})
	const group = "TestPausedIsNotRunning/group/"
	assert.Equal(t, "shared late by "+group+"P,"+group+"S,"+group+"S#01/sub", atEnd)
}

// A test that was running when another began can hold what it took before it
// paused.
func TestPausedHoldsWhatItTookBefore(t *testing.T) {
	s, atEnd := &slots{}, ""
	var first *pipeline.Check
	elsewhere(func() { first = s.begin("First") })
	t.Run("group", func(t *testing.T) {
		t.Run("P", func(t *testing.T) {
			c := s.watch(t)
			s.take("p")
			t.Parallel()
			s.free("p")
			atEnd = say(c.Finish(pipeline.Returned))
		})
		s.take("x")
		elsewhere(func() { assert.Empty(t, say(first.Finish(pipeline.Returned)), "P is in its window") })
	})
	assert.Equal(t, "shared x by TestPausedHoldsWhatItTookBefore/group/P,First", atEnd)
}

// The subtests of a test inherit its label: that they are paused doesn't mean
// that it is.
func TestRunningWithPausedSubtests(t *testing.T) {
	s := &slots{}
	t.Run("T", func(t *testing.T) {
		c := s.watch(t)
		t.Run("sub", func(t *testing.T) { t.Parallel() })
		var other *pipeline.Check
		elsewhere(func() { other = s.begin("Other") })
		s.take("in use", "x")
		elsewhere(func() { assert.Empty(t, say(other.Finish(pipeline.Returned)), "T is running") })
		s.free("in use")
		assert.Equal(t, "shared x by TestRunningWithPausedSubtests/T,Other", say(c.Finish(pipeline.Returned)))
	})
}

// said collects what checks say on many goroutines.
type said struct {
	mu       sync.Mutex
	leaks    map[string]int // how often each was said
	innocent []string       // leaks that were said without the name of the test that has made them
}

func (s *said) add(test string, f pipeline.Findings) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.leaks == nil {
		s.leaks = make(map[string]int)
	}
	say := func(l probe.Leak, tests []string) {
		name := l.Columns[0]
		s.leaks[name] += int(l.N())
		for _, t := range tests {
			if name == "of "+t {
				return
			}
		}
		s.innocent = append(s.innocent, fmt.Sprintf("%s by %v", name, tests))
	}
	for _, l := range f.Of(window.Own) {
		say(l, []string{test})
	}
	for _, l := range f.Of(window.Shared, window.Elsewhere) {
		say(l, l.Tests)
	}
}

// Checks that end at the same time say every leak once.
func TestEndingTogether(t *testing.T) {
	const rounds, tests = 30, 8
	for range rounds {
		s, all := &slots{}, said{}
		var begun, ended sync.WaitGroup
		begun.Add(tests)
		for i := range tests {
			name := fmt.Sprintf("T%d", i)
			ended.Go(func() {
				c := s.begin(name)
				s.take("of " + name)
				begun.Done()
				begun.Wait()
				all.add(name, c.Finish(pipeline.Returned))
			})
		}
		ended.Wait()
		require.Len(t, all.leaks, tests)
		for leak, n := range all.leaks {
			require.Equal(t, 1, n, leak)
		}
		require.Empty(t, all.innocent)
	}
}

// So do checks that come and go all the time.
func TestComingAndGoing(t *testing.T) {
	const workers, each = 6, 40
	s, all := &slots{}, said{}
	var ended sync.WaitGroup
	for w := range workers {
		ended.Go(func() {
			for i := range each {
				name := fmt.Sprintf("T%d.%d", w, i)
				c := s.begin(name, time.Duration(i%3)*time.Millisecond)
				passing := name + " passing"
				s.take(passing)
				if i%2 == 0 {
					s.take("of " + name)
				}
				runtime.Gosched()
				s.free(passing)
				all.add(name, c.Finish(pipeline.Returned))
			}
		})
	}
	ended.Wait()
	assert.Len(t, all.leaks, workers*each/2)
	for leak, n := range all.leaks {
		assert.Equal(t, 1, n, leak)
	}
	assert.Empty(t, all.innocent)
}

// A begin and a clean end cost the same however many checks there are.
func TestCostDoesNotDependOnOthers(t *testing.T) {
	s := &slots{}
	cost := func() float64 {
		tb := faketb.New("T")
		config := plan.Config{Probes: []probe.Probe{idle{}}}
		return testing.AllocsPerRun(2000, func() { pipeline.Begin(tb, probe.Scope{Test: "T"}, &config).Finish(pipeline.Returned) })
	}
	alone := cost()

	var others []*pipeline.Check
	for i := range 1000 {
		others = append(others, s.begin(fmt.Sprintf("Other%d", i)))
	}
	assert.InDelta(t, alone, cost(), 1, "allocations beside 1000 active checks")
	s.take("x")
	for _, c := range others[1:] {
		assert.Empty(t, say(c.Finish(pipeline.Returned)))
	}
	assert.InDelta(t, alone, cost(), 1, "allocations beside 1000 parked checks")
	s.free("x")
	assert.Empty(t, say(others[0].Finish(pipeline.Returned)))
}

// idle is a probe that finds nothing.
type idle struct{}

func (idle) Kind() string                            { return "idle" }
func (idle) Start(probe.Scope) (probe.Watch, error)  { return idle{}, nil }
func (idle) Grown() ([]probe.Leak, error)            { return nil, nil }
func (idle) Explain(leaks []probe.Leak) []probe.Leak { return leaks }
func (idle) Stop()                                   {}
