package pipeline_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/leakassert/leakassert/internal/faketb"
	"github.com/leakassert/leakassert/internal/pipeline"
	"github.com/leakassert/leakassert/internal/plan"
	"github.com/leakassert/leakassert/internal/probe"
	"github.com/leakassert/leakassert/internal/window"
	"github.com/stretchr/testify/assert"
)

// play plays a script on slots of one kind and returns what its checks say, each
// that says something in a line "test: findings". A step is
//
//	+T   a check of test T begins; +T'  another one of the same test
//	-T   it ends
//	~T   it is dropped: the test has failed
//	!T   it is abandoned: the test has panicked
//	x    slot x is taken
//	x@T  it is taken, and its evidence names T
//	x*T  it is taken, and is T's own for certain
//	.x   slot x is freed
func play(script string) string {
	s, said := &slots{}, []string(nil)
	checks, tbs := make(map[string]*pipeline.Check), make(map[string]any)
	for step := range strings.FieldsSeq(script) {
		name := step[1:]
		test := strings.TrimRight(name, "'")
		tell := func(f pipeline.Findings) {
			if text := say(f); text != "" {
				said = append(said, name+": "+text)
			}
		}
		switch step[0] {
		case '+':
			if tbs[test] == nil {
				tbs[test] = faketb.New(test)
			}
			checks[name] = pipeline.Begin(tbs[test], probe.Scope{Test: test}, &plan.Config{Probes: []probe.Probe{s}})
		case '-':
			tell(checks[name].Finish(pipeline.Returned))
		case '~':
			tell(checks[name].Finish(pipeline.NoVerdict))
		case '!':
			tell(checks[name].Finish(pipeline.Abandoned))
		case '.':
			s.free(name)
		default:
			if slot, test, ok := strings.Cut(step, "@"); ok {
				s.hold(probe.Leak{Columns: []string{slot}, Tests: []string{test}})
			} else if slot, test, ok := strings.Cut(step, "*"); ok {
				s.own(test, slot)
			} else {
				s.take(step)
			}
		}
	}
	return strings.Join(said, "\n")
}

func TestOverlap(t *testing.T) {
	for _, c := range []struct {
		why, script string
		want        []string
	}{
		{"one after the other, each has its own", "+A a -A +B b -B",
			[]string{"A: leaks a", "B: leaks b"}},
		{"the last to end speaks for both", "+A +B a b -A -B",
			[]string{"B: shared a by B,A; shared b by B,A"}},
		{"also when it began first", "+B +A a -A b -B",
			[]string{"B: shared a by B,A; shared b by B,A"}},
		{"what is gone when the last one ends was in use", "+A +B x -A .x -B",
			nil},
		{"what the first had before the second began is between the two that hold it", "+A a +B -A -B",
			[]string{"B: shared a by A,B"}},
		{"what is taken after the first has ended is the other's", "+A +B -A b -B",
			[]string{"B: shared b by B,A"}},
		{"evidence for the one that ends", "+A +B b@B -A -B",
			[]string{"B: leaks b by B"}},
		{"evidence for another", "+A +B a@A -A -B",
			[]string{"B: shared a by A"}},
		{"evidence parts what is without", "+A +B a@A b@B c -A -B",
			[]string{"B: leaks b by B; shared a by A; shared c by B,A"}},
		{"evidence for the test of a subtest", "+A +B/sub b@B -A -B/sub",
			[]string{"B/sub: leaks b by B"}},
		{"evidence for another counts in one after the other, too", "+A a@B -A",
			[]string{"A: elsewhere a by B"}},
		{"what is certain is said at once", "+A +B a*A b*B -A -B",
			[]string{"A: leaks a", "B: leaks b"}},
		{"what is certain is said at once, the rest together", "+A +B a*A x b*B -A -B",
			[]string{"A: leaks a", "B: leaks b; shared x by B,A"}},

		{"a chain: each leak comes with those that saw it", "+A a +B -A +C b -B c -C",
			[]string{"B: shared a by A,B", "C: shared b by C,B; shared c by C,B"}},
		{"a chain: the last is not made to answer for what is older than it", "+A +B a -A +C -B -C",
			[]string{"B: shared a by A,B"}},
		{"a chain: what comes after the first is none of its own", "+A x +B -A +C .x c -B -C",
			[]string{"C: shared c by C,B"}},
		{"three at the same time", "+A +B +C x -A -B -C",
			[]string{"C: shared x by C,A,B"}},
		{"a test in the midst of another", "+A +B b -B a -A",
			[]string{"A: shared a by A,B; shared b by A,B"}},
		{"tests one after the other in the midst of another", "+A +B b -B +C c -C -A",
			[]string{"A: shared b by A,B,C; shared c by A,B,C"}},

		{"two checks of one test, one in the other: the inner one says it", "+T +T' a -T' b -T",
			[]string{"T': leaks a", "T: leaks b"}},
		{"a subtest: the same", "+T +T/sub a -T/sub b -T",
			[]string{"T/sub: leaks a", "T: leaks b"}},
		{"a subtest of a subtest that has no check", "+T +T/sub/sub a -T/sub/sub -T",
			[]string{"T/sub/sub: leaks a"}},
		{"two subtests at the same time overlap", "+T +T/a +T/b x -T/a -T/b -T",
			[]string{"T/b: shared x by T/b,T/a"}},
		{"two subtests one after the other don't", "+T +T/a a -T/a +T/b b -T/b -T",
			[]string{"T/a: leaks a", "T/b: leaks b"}},
		{"subtests are no strangers to the window of their test", "+T +T/a +T/b -T/a -T/b a -T",
			[]string{"T: leaks a"}},
		{"the test is none to the window of its subtest", "+T +T/a +B a -T/a -T -B",
			[]string{"B: shared a by B,T,T/a"}},
		{"the test is none to the window of its subtest, that holds it longer", "+T +T/a a +B -T/a -T b -B",
			[]string{"B: shared a by T/a,B; shared b by B,T,T/a"}},
		{"a test whose name only begins like another's", "+T +TT/a a -TT/a -T",
			[]string{"T: shared a by T,TT/a"}},
		{"an inner check overlaps what its test overlaps", "+T +B +T' a -T' -T -B",
			[]string{"B: shared a by B,T"}},
		{"two tests of the same name after each other", "+T a -T +T b -T",
			[]string{"T: leaks a", "T: leaks b"}},

		{"a failed test's leftovers are nobody's", "+A +B b ~B -A",
			nil},
		{"nor are they of one that has ended", "+A +B b -A ~B",
			nil},
		{"what the others left is still said", "+B a +A ~A -B",
			[]string{"B: shared a by B,A"}},
		{"a failed test that ends last says what the others parked", "+A a +B -A ~B",
			[]string{"B: shared a by A,B"}},
		{"a failed test alone", "+A a ~A +B b -B",
			[]string{"B: leaks b"}},
		{"a failed inner check is not held against the outer one", "+T +T' a ~T' b -T",
			[]string{"T: leaks b"}},
		{"an abandoned test is in the window that it was in", "+A +B x !B -A",
			[]string{"A: shared x by A,B"}},
		{"what waits for an abandoned one is said when that one ends", "+A +B a -A !B +C -C",
			[]string{"B: shared a by A,B"}},
	} {
		t.Run(c.why, func(t *testing.T) {
			assert.Equal(t, strings.Join(c.want, "\n"), play(c.script), c.script)
		})
	}
}

// Everything a check says, it says for the parked ones too: they are explained
// and stopped once, by their own watch.
func TestParkedChecksAreExplainedAndStoppedByTheLast(t *testing.T) {
	s := &slots{}
	explained := 0
	s.explain = func(l *probe.Leak) { explained++; l.Columns = append(l.Columns, "explained") }
	a, b := s.begin("A"), s.begin("B")
	s.take("x")
	a.Finish(pipeline.Returned)
	assert.Zero(t, explained)
	assert.Zero(t, s.stops.Load(), "what is parked goes on watching")
	assert.Equal(t, "shared x explained by B,A", say(b.Finish(pipeline.Returned)))
	assert.Equal(t, 1, explained)
	assert.EqualValues(t, 2, s.stops.Load())
}

// The evidence that names a test may come with the explanation only.
func TestEvidenceOfTheExplanation(t *testing.T) {
	s := &slots{}
	s.explain = func(l *probe.Leak) { l.Tests = []string{"A"} }
	a, b := s.begin("A"), s.begin("B")
	s.take("x")
	assert.Empty(t, say(a.Finish(pipeline.Returned)))
	assert.Equal(t, "shared x by A", say(b.Finish(pipeline.Returned)))
}

func TestTheLastWaitsForAll(t *testing.T) {
	s := &slots{}
	a, b := s.begin("A", long), s.begin("B", long)
	s.take("slow")
	assert.Empty(t, say(a.Finish(pipeline.Returned)), "a check that others overlap waits for its own leaks only")
	assert.EqualValues(t, 1, s.looks.Load())
	s.look = func(scope probe.Scope, n int) {
		if scope.Test == "B" && n == 4 {
			s.free("slow")
		}
	}
	assert.Empty(t, say(b.Finish(pipeline.Returned)))
}

// What has been said is not waited for again, by nobody who sees it.
func TestWhatIsKnownIsNotWaitedFor(t *testing.T) {
	s := &slots{}
	const parked = 5
	checks := make([]*pipeline.Check, parked)
	for i := range checks {
		checks[i] = s.begin(fmt.Sprintf("T%d", i), long)
	}
	outer := s.begin("T", long)
	inner := s.begin("T/sub", 0)
	s.take("a")
	for _, c := range checks {
		assert.Empty(t, say(c.Finish(pipeline.Returned)))
	}
	s.looks.Store(0)
	f := inner.Finish(pipeline.Returned)
	assert.Len(t, f.Of(window.Shared), 1)
	assert.Empty(t, say(outer.Finish(pipeline.Returned)))
	assert.Less(t, s.looks.Load(), int64(3*parked))
}

// When another check begins while a check settles, what only that one can have
// is none of the first's.
func TestABeginDuringSettle(t *testing.T) {
	for _, c := range []struct {
		why    string
		at     int    // the look of A in which B begins and takes b
		freed  bool   // A's own goes while it settles
		a, b   string // what they say
		settle time.Duration
	}{
		{"after A's first look", 2, false, "leaks a", "leaks b", 5 * time.Millisecond},
		{"after A's first look, and A's was on its way", 2, true, "", "leaks b", 5 * time.Millisecond},
		{"in A's first look", 1, false, "", "shared a by A,B; shared b by B,A", 5 * time.Millisecond},
		{"in A's only look", 1, false, "", "shared a by A,B; shared b by B,A", 0},
	} {
		t.Run(c.why, func(t *testing.T) {
			s := &slots{}
			var b *pipeline.Check
			a := s.begin("A", c.settle)
			s.take("a")
			s.look = func(scope probe.Scope, n int) {
				if scope.Test == "A" && n == c.at && b == nil {
					b = s.begin("B")
					s.take("b")
				}
				if scope.Test == "A" && n == 3 && c.freed {
					s.free("a")
				}
			}
			assert.Equal(t, c.a, say(a.Finish(pipeline.Returned)))
			assert.Equal(t, c.b, say(b.Finish(pipeline.Returned)))
		})
	}
}

// A check that comes and goes while another one looks must not take away what
// that one has yet to say.
func TestAnotherComesAndGoesDuringSettle(t *testing.T) {
	for _, c := range []struct {
		why, test string
		look      int
	}{
		{"in the first look of the last one", "B", 1},
		{"in its second, that only the paused have led to", "B", 2},
		{"in the only look of one that is parked", "A", 1},
		{"while the last one judges the first parked", "A", 2},
		{"while the last one judges the second parked", "C", 2},
	} {
		t.Run(c.why, func(t *testing.T) {
			s := &slots{}
			s.look = func(scope probe.Scope, n int) {
				if scope.Test == c.test && n == c.look {
					assert.Empty(t, say((&slots{}).begin("Visitor").Finish(pipeline.Returned)))
				}
			}
			cA, cC, cB := s.begin("A"), s.begin("C"), s.begin("B")
			s.take("x")
			said := say(cA.Finish(pipeline.Returned)) + say(cC.Finish(pipeline.Returned))
			s.take("b")
			said += say(cB.Finish(pipeline.Returned))
			for _, leak := range []string{"shared b by B,A,C", "shared x by B,A,C"} {
				assert.Equal(t, 1, strings.Count(said, leak), "%s: %s", leak, said)
			}
			next := s.begin("Next")
			assert.Empty(t, say(next.Finish(pipeline.Returned)))
		})
	}
}

func TestSuite(t *testing.T) {
	s := &slots{}
	suite := func() *pipeline.Check {
		return pipeline.Begin(nil, probe.Scope{Suite: true, ToEnd: true}, &plan.Config{Probes: []probe.Probe{s}})
	}
	t.Run("what tests have said is not said again", func(t *testing.T) {
		all := suite()
		a := s.begin("A")
		s.take("a")
		assert.Equal(t, "leaks a", say(a.Finish(pipeline.Returned)))
		s.take("of nobody")
		b := s.begin("B")
		s.take("b")
		b.Finish(pipeline.NoVerdict)
		assert.Equal(t, "leaks of nobody", say(all.Finish(pipeline.Returned)))
	})
	t.Run("what a test has parked is said when the last one is abandoned", func(t *testing.T) {
		all := suite()
		a, b := s.begin("A"), s.begin("B")
		s.take("x")
		a.Finish(pipeline.Returned)
		assert.Equal(t, "shared x by A,B", say(b.Finish(pipeline.Abandoned)))
		assert.Empty(t, say(all.Finish(pipeline.Returned)), "it was said")
	})
	t.Run("it is no test's rival, and evidence is not its own", func(t *testing.T) {
		all := suite()
		a := s.begin("A")
		s.take("x")
		s.hold(probe.Leak{Columns: []string{"y"}, Tests: []string{"A"}})
		assert.Equal(t, "leaks x; leaks y by A", say(a.Finish(pipeline.Returned)))
		s.hold(probe.Leak{Columns: []string{"z"}, Tests: []string{"A"}})
		assert.Equal(t, "elsewhere z by A", say(all.Finish(pipeline.Returned)))
	})
	t.Run("what was reported and closed can leak again", func(t *testing.T) {
		all := suite()
		for _, test := range []string{"A", "B"} {
			c := s.begin(test)
			s.hold(probe.Leak{ID: "7 data.txt", Columns: []string{"data.txt"}})
			assert.Equal(t, "leaks data.txt", say(c.Finish(pipeline.Returned)))
			s.free("data.txt")
		}
		assert.Empty(t, say(all.Finish(pipeline.Returned)))
	})
	t.Run("without a verdict", func(t *testing.T) {
		all := suite()
		s.take("x")
		assert.Empty(t, say(all.Finish(pipeline.NoVerdict)))
		next := s.begin("A")
		assert.Empty(t, say(next.Finish(pipeline.Returned)))
	})
}

func TestActiveToEnd(t *testing.T) {
	tb, other := faketb.New("T"), faketb.New("T")
	begin := func(tb any, toEnd bool) *pipeline.Check {
		return pipeline.Begin(tb, probe.Scope{Test: "T", ToEnd: toEnd}, &plan.Config{})
	}
	assert.Nil(t, pipeline.ActiveToEnd(tb, ""))
	outer := begin(tb, true)
	assert.Same(t, outer, pipeline.ActiveToEnd(tb, ""))
	inner := begin(tb, false)
	assert.Same(t, outer, pipeline.ActiveToEnd(tb, ""), "past the checks in it")
	assert.Nil(t, pipeline.ActiveToEnd(other, ""), "exactly this t, not its name")
	inner.Finish(pipeline.Returned)
	assert.Same(t, outer, pipeline.ActiveToEnd(tb, ""))
	outer.Finish(pipeline.Returned)
	assert.Nil(t, pipeline.ActiveToEnd(tb, ""))

	assert.Nil(t, pipeline.ActiveToEnd(nil, ""))
	slice := struct{ _ []int }{}
	assert.Nil(t, pipeline.ActiveToEnd(slice, ""), "a TB that can't be compared")
	c := begin(slice, true)
	assert.Nil(t, pipeline.ActiveToEnd(slice, ""))
	c.Finish(pipeline.Returned)
}

// Checks of one test that goroutines of it begin may end in any order.
func TestChecksOfOneTestEndInAnyOrder(t *testing.T) {
	tb := faketb.New("T")
	begin := func() *pipeline.Check {
		return pipeline.Begin(tb, probe.Scope{Test: "T", ToEnd: true}, &plan.Config{})
	}
	outer, first, second := begin(), begin(), begin()
	first.Finish(pipeline.Returned)
	assert.Same(t, second, pipeline.ActiveToEnd(tb, ""))
	second.Finish(pipeline.Returned)
	assert.Same(t, outer, pipeline.ActiveToEnd(tb, ""), "first has ended")
	outer.Finish(pipeline.Returned)
	assert.Nil(t, pipeline.ActiveToEnd(tb, ""))
}
