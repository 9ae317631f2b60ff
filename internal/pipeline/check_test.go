package pipeline_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/leakassert/leakassert/internal/faketb"
	"github.com/leakassert/leakassert/internal/pipeline"
	"github.com/leakassert/leakassert/internal/plan"
	"github.com/leakassert/leakassert/internal/probe"
	"github.com/stretchr/testify/assert"
)

func TestEndOfOneCheck(t *testing.T) {
	for _, c := range []struct {
		why    string
		settle time.Duration
		body   func(*slots)
		look   func(s *slots, n int)
		want   string
		looks  int64 // 0 for any number
	}{
		{
			why: "a clean check looks once", settle: long,
			body: func(s *slots) { s.take("a"); s.free("a") },
			want: "", looks: 1,
		}, {
			why:  "what is still held is the test's",
			body: func(s *slots) { s.take("a", "b"); s.free("a") },
			want: "leaks b", looks: 1,
		}, {
			why:  "what looks the same is counted",
			body: func(s *slots) { s.take("b", "a", "b") },
			want: "leaks b x2; leaks a", looks: 1,
		}, {
			why: "what goes while settling is no leak", settle: long,
			body: func(s *slots) { s.take("slow", "slower") },
			look: func(s *slots, n int) {
				switch n {
				case 2:
					s.free("slow")
				case 4:
					s.free("slower")
				}
			},
			want: "", looks: 4,
		}, {
			why: "what is proven isn't waited for", settle: long,
			body: func(s *slots) { s.hold(probe.Leak{Columns: []string{"a"}, Proven: true}) },
			want: "leaks a", looks: 1,
		}, {
			why: "what is not proven is waited for, beside what is", settle: long,
			body: func(s *slots) { s.hold(probe.Leak{Columns: []string{"a"}, Proven: true}); s.take("slow") },
			look: func(s *slots, n int) {
				if n == 3 {
					s.free("slow")
				}
			},
			want: "leaks a", looks: 3,
		}, {
			why: "the settle time is over some time", settle: 5 * time.Millisecond,
			body: func(s *slots) { s.take("a") },
			want: "leaks a",
		},
	} {
		t.Run(c.why, func(t *testing.T) {
			s := &slots{}
			s.take("old")
			if c.look != nil {
				s.look = func(_ probe.Scope, n int) { c.look(s, n) }
			}
			check := s.begin("T", c.settle)
			c.body(s)
			s.free("old") // what was there before is not reported, whatever happens to it
			f := check.Finish(pipeline.Returned)
			assert.Equal(t, c.want, say(f))
			if c.looks != 0 {
				assert.Equal(t, c.looks, s.looks.Load(), "looks")
			}
			assert.EqualValues(t, 1, s.stops.Load(), "stops")
		})
	}
}

func TestSettledIsTheTimeWaitedInVain(t *testing.T) {
	const settle = 3 * time.Millisecond
	for _, c := range []struct {
		why  string
		leak probe.Leak
		gone bool
		want time.Duration
	}{
		{"it never went", probe.Leak{}, false, settle},
		{"it went", probe.Leak{}, true, 0},
		{"it was proven", probe.Leak{Proven: true}, false, 0},
	} {
		t.Run(c.why, func(t *testing.T) {
			s := &slots{}
			check := s.begin("T", settle)
			c.leak.Columns = []string{"a"}
			s.hold(c.leak)
			s.look = func(_ probe.Scope, n int) {
				if n == 2 && c.gone {
					s.free("a")
				}
			}
			assert.Equal(t, c.want, check.Finish(pipeline.Returned).Settled)
		})
	}
}

func TestExplainComesOnceAndOnlyForLeaks(t *testing.T) {
	s, explained := &slots{}, 0
	s.explain = func(l *probe.Leak) {
		explained++
		l.Evidence = append(l.Evidence, probe.Evidence{Label: "opened", Columns: []string{"here"}})
	}
	check := s.begin("T")
	s.take("a")
	s.free("a")
	assert.Empty(t, say(check.Finish(pipeline.Returned)))
	assert.Zero(t, explained)

	check = s.begin("T", 3*time.Millisecond)
	s.take("a")
	f := check.Finish(pipeline.Returned)
	assert.Equal(t, 1, explained)
	assert.Equal(t, []probe.Evidence{{Label: "opened", Columns: []string{"here"}}}, f.Leaks[0].Evidence)
	assert.Equal(t, "slot", f.Leaks[0].Kind, "a leak without a kind has that of its probe")
}

func TestSift(t *testing.T) {
	s := &slots{}
	s.explain = func(l *probe.Leak) { l.Columns = append(l.Columns, "explained") }
	without := func(column string) func([]probe.Leak) []probe.Leak {
		return func(leaks []probe.Leak) []probe.Leak {
			return slices.DeleteFunc(leaks, func(l probe.Leak) bool { return slices.Contains(l.Columns, column) })
		}
	}
	for _, c := range []struct {
		why  string
		sift string
		want string
	}{
		{"a filter sees leaks as they are found", "a", "leaks b explained"},
		{"and as they are explained", "explained", ""},
		{"what it keeps counts", "nothing", "leaks a explained; leaks b explained"},
	} {
		t.Run(c.why, func(t *testing.T) {
			check := pipeline.Begin(faketb.New("T"), probe.Scope{Test: "T"}, &plan.Config{
				Probes: []probe.Probe{s}, Filters: filters(without(c.sift)),
			})
			s.take("a", "b")
			defer s.free("a", "b")
			assert.Equal(t, c.want, say(check.Finish(pipeline.Returned)))
		})
	}
}

func TestVoid(t *testing.T) {
	begin := func(s *slots, asked *int, void bool) *pipeline.Check {
		return pipeline.Begin(faketb.New("T"), probe.Scope{Test: "T"}, &plan.Config{
			Probes: []probe.Probe{s}, Settle: 3 * time.Millisecond,
			Void: func() bool { *asked++; return void },
		})
	}
	s, asked := &slots{}, 0
	assert.Empty(t, say(begin(s, &asked, true).Finish(pipeline.Returned)))
	assert.Zero(t, asked, "nothing was found")

	check := begin(s, &asked, true)
	s.take("a")
	f := check.Finish(pipeline.Returned)
	assert.Empty(t, say(f))
	assert.Zero(t, f.Settled)
	assert.Equal(t, 1, asked)
	assert.EqualValues(t, 2, s.looks.Load(), "nothing is waited for when there is no verdict")
	assert.EqualValues(t, 2, s.stops.Load())

	asked = 0
	check = begin(s, &asked, false)
	s.take("b")
	assert.Equal(t, "leaks b", say(check.Finish(pipeline.Returned)))
	assert.Equal(t, 1, asked)
}

// The test of a parked check is over when its leaks are judged, on the goroutine
// of another test.
func TestVoidIsNotAskedAgainOfAParkedCheck(t *testing.T) {
	s, asked := &slots{}, 0
	a := pipeline.Begin(faketb.New("A"), probe.Scope{Test: "A"}, &plan.Config{
		Probes: []probe.Probe{s}, Void: func() bool { asked++; return false },
	})
	b := s.begin("B")
	s.take("a")
	a.Finish(pipeline.Returned)
	assert.Equal(t, "shared a by B,A", say(b.Finish(pipeline.Returned)))
	assert.Equal(t, 1, asked)
}

func TestDropSaysNothing(t *testing.T) {
	s := &slots{}
	check := s.begin("T", long)
	s.take("a")
	assert.Empty(t, say(check.Finish(pipeline.NoVerdict)))
	assert.EqualValues(t, 1, s.looks.Load())
	assert.EqualValues(t, 1, s.stops.Load())
}

func TestAbandonLooksAtNothing(t *testing.T) {
	s := &slots{}
	check := s.begin("T", long)
	s.take("a")
	check.Finish(pipeline.Abandoned)
	assert.Zero(t, s.looks.Load())
	assert.EqualValues(t, 1, s.stops.Load())

	next := s.begin("T")
	assert.Empty(t, say(next.Finish(pipeline.Returned)), "the next check starts anew")
}

func TestNarrow(t *testing.T) {
	s := &slots{}
	drop := func(name string) func([]probe.Leak) []probe.Leak {
		return func(leaks []probe.Leak) []probe.Leak {
			return slices.DeleteFunc(leaks, func(l probe.Leak) bool { return l.Columns[0] == name })
		}
	}
	check := pipeline.Begin(faketb.New("T"), probe.Scope{Test: "T"}, &plan.Config{
		Probes: []probe.Probe{s}, Settle: long, Filters: filters(drop("a")),
	})
	s.take("a", "b", "c")
	check.Narrow(plan.Config{Filters: filters(drop("b"))})
	f := check.Finish(pipeline.Returned)
	assert.Equal(t, "leaks c", say(f))
	assert.Zero(t, f.Settled, "the settle time is the later one")
}

// Main begins the checks of all tests with one Config.
func TestNarrowLeavesTheConfigOfOthersAlone(t *testing.T) {
	keep := func(leaks []probe.Leak) []probe.Leak { return leaks }
	drop := func(name string) func([]probe.Leak) []probe.Leak {
		return func(leaks []probe.Leak) []probe.Leak {
			return slices.DeleteFunc(leaks, func(l probe.Leak) bool { return l.Columns[0] == name })
		}
	}
	s := &slots{}
	config := plan.Config{
		Probes:  append(make([]probe.Probe, 0, 4), s),
		Filters: append(make([]*plan.Filter, 0, 4), filters(keep)...),
	}
	a := pipeline.Begin(faketb.New("A"), probe.Scope{Test: "A"}, &config)
	b := pipeline.Begin(faketb.New("B"), probe.Scope{Test: "B"}, &config)
	a.Narrow(plan.Config{Filters: filters(drop("a"))})
	b.Narrow(plan.Config{Filters: filters(drop("b"))})
	s.own("A", "a")
	s.own("A", "b")
	s.own("B", "b")
	assert.Equal(t, "leaks b", say(a.Finish(pipeline.Returned)))
	assert.Empty(t, say(b.Finish(pipeline.Returned)))
}

func TestHeldAndExplain(t *testing.T) {
	s := &slots{}
	s.explain = func(l *probe.Leak) { l.Columns = append(l.Columns, "explained") }
	check := s.begin("T")
	empty := func(held []probe.Leak) bool { return len(held) == 0 }
	assert.Empty(t, check.Held(long, empty))

	s.take("b", "a", "b", "slow")
	s.look = func(_ probe.Scope, n int) {
		if n == 4 {
			s.free("slow")
		}
	}
	held := check.Held(long, func(held []probe.Leak) bool { return len(held) == 2 })
	assert.Equal(t, "leaks b x2; leaks a", sayLeaks("leaks", held))
	assert.Equal(t, "leaks b explained x2; leaks a explained", sayLeaks("leaks", check.Explain(held)))

	s.take("c")
	assert.Len(t, check.Held(0, empty), 3, "the check goes on")

	other := s.begin("Other")
	s.hold(probe.Leak{Columns: []string{"own"}, Owned: true})
	held = check.Held(0, empty)
	assert.Equal(t, "leaks own", sayLeaks("leaks", held), "what may be another test's isn't counted")
	other.Finish(pipeline.Abandoned)

	check.Finish(pipeline.NoVerdict)
	assert.EqualValues(t, 2, s.stops.Load())
}

func TestDiffOutsideOfTests(t *testing.T) {
	s := &slots{}
	s.take("old")
	outside := pipeline.Begin(nil, probe.Scope{Outside: true}, &plan.Config{Probes: []probe.Probe{s}})
	assert.Zero(t, outside.Scope.ID)
	assert.Empty(t, outside.Scope.Label())
	assert.Empty(t, say(outside.Diff()))
	s.take("a")
	assert.Equal(t, "leaks a", say(outside.Diff()))
	assert.Equal(t, "leaks a", say(outside.Diff()), "it may be asked again")

	// A test that it outlasts judges for itself, and takes nothing away.
	test := s.begin("T")
	s.take("b")
	assert.Equal(t, "leaks b", say(test.Finish(pipeline.Returned)))
	assert.Equal(t, "leaks a; leaks b", say(outside.Diff()))

	during := s.begin("T")
	s.take("c")
	assert.Equal(t, "leaks a; leaks b; leaks c", say(outside.Diff()), "whatever is new counts")
	assert.Equal(t, "leaks c", say(during.Finish(pipeline.Returned)), "a snapshot overlaps nobody")

	s.free("a", "b", "c")
	assert.Empty(t, say(outside.Diff()))
}

func TestNamesOfAScope(t *testing.T) {
	for _, c := range []struct {
		test, function string
		want           bool
		why            string
	}{
		{"TestA", "TestA", true, "its own"},
		{"TestA/sub", "TestA", true, "a subtest is written in its test"},
		{"TestA/sub", "sub", true, "a suite's method runs as a subtest of its name"},
		{"TestA", "TestAB", false, "another with the same beginning"},
		{"TestAB", "TestA", false, "another with the same beginning"},
		{"", "TestA", false, "no test"},
	} {
		assert.Equal(t, c.want, probe.Scope{Test: c.test}.Names(c.function), "%s: %s %s", c.why, c.test, c.function)
	}
}

func TestLabels(t *testing.T) {
	for _, c := range []struct{ why, test string }{
		{"a test", "TestA"},
		{"a name with a number", "TestA/x_#01"},
		{"a name that looks like a label", "TestA/a #12"},
		{"no name", ""},
		{"a name that is not UTF-8, which Go 1.26 prints as something else", "Test\xff"},
	} {
		check := pipeline.Begin(faketb.New(c.test), probe.Scope{Test: c.test}, &plan.Config{})
		label := check.Scope.Label()
		assert.Equal(t, check.Scope.ID, probe.ScopeOfLabel(label), c.why)
		assert.NotZero(t, check.Scope.ID)
		assert.True(t, strings.HasPrefix(label, strings.ToValidUTF8(c.test, "?")), c.why)
		check.Finish(pipeline.Returned)
	}
	for _, label := range []string{"", "TestA", "TestA #", "TestA #x", "TestA #-1", "TestA #99999999999999999999"} {
		assert.Zero(t, probe.ScopeOfLabel(label), label)
	}
}
