package window

import (
	"testing"

	"github.com/leakassert/leakassert/internal/probe"
	"github.com/stretchr/testify/assert"
)

func member(test string) *Member { return &Member{Scope: probe.Scope{Test: test}} }

// Each rule decides at least one case, and every case says why it is so.
func TestAttribute(t *testing.T) {
	a, b := member("TestA"), member("TestB")
	type tests = []string
	both := tests{"TestA", "TestB"}
	alone := Facts{Judge: a, Of: a, Window: tests{"TestA"}}
	shared := Facts{Judge: a, Of: a, Window: both}
	parked := Facts{Judge: b, Of: a, Window: tests{"TestA"}}
	with := func(f Facts, change func(*Facts)) Facts {
		f.Running = func(tests) bool { return false }
		change(&f)
		return f
	}
	reached := make(map[string]bool)
	for _, c := range []struct {
		why   string
		facts Facts
		want  Owner
	}{
		{"the mark tells, whoever else ran", with(shared, func(f *Facts) { f.Certain = true }),
			Owner{Own, nil, "it carries the check's mark"}},
		{"the mark tells more than a stack", with(shared, func(f *Facts) { f.Certain, f.Stray, f.Evidence = true, true, tests{"TestB"} }),
			Owner{Own, tests{"TestB"}, "it carries the check's mark"}},
		{"an earlier test's timer, heard by one that ran alone", with(alone, func(f *Facts) { f.Stray = true }),
			Owner{Nobody, tests{"TestA"}, "it may be older than the check"}},
		{"an earlier test's timer, heard by two", with(shared, func(f *Facts) { f.Stray = true }),
			Owner{Nobody, both, "it may be older than the check"}},
		{"a stray beside a test without a check", with(alone, func(f *Facts) { f.Stray, f.Beside = true, tests{"TestC"} }),
			Owner{Nobody, tests{"TestA"}, "it may be older than the check"}},
		{"a neighbour without a check may hold it", with(alone, func(f *Facts) { f.Beside = tests{"TestC"} }),
			Owner{Nobody, tests{"TestA"}, "a test without a check runs"}},
		{"nobody else can have", with(alone, func(*Facts) {}),
			Owner{Own, nil, "nothing else ran"}},
		{"the helper of a test that has not run", with(alone, func(f *Facts) { f.Evidence, f.Callable = tests{"TestHelper"}, true }),
			Owner{Own, nil, "the test it names has called on this one's behalf"}},
		{"the helper of a test that runs", with(alone, func(f *Facts) {
			f.Evidence, f.Callable = tests{"TestHelper"}, true
			f.Running = func(names tests) bool { return names[0] == "TestHelper" }
		}), Owner{Elsewhere, tests{"TestHelper"}, "its stack names another test"}},
		{"the helper of a test, while two ran", with(shared, func(f *Facts) { f.Evidence, f.Callable = tests{"TestHelper"}, true }),
			Owner{Elsewhere, tests{"TestHelper"}, "its stack names another test"}},
		{"one of two, nothing tells which", with(shared, func(*Facts) {}),
			Owner{Shared, both, "several ran"}},
		{"seen by a check that was parked and ran alone", with(parked, func(*Facts) {}),
			Owner{Shared, tests{"TestA"}, "several ran"}},
		{"the stack tells which of two", with(shared, func(f *Facts) { f.Evidence = tests{"TestA"} }),
			Owner{Own, tests{"TestA"}, "its stack names this test"}},
		{"a stray whose stack tells", with(shared, func(f *Facts) { f.Stray, f.Evidence = true, tests{"TestA"} }),
			Owner{Own, tests{"TestA"}, "its stack names this test"}},
		{"a subtest's leak names the test around it", with(Facts{Judge: member("TestA/sub"), Window: both}, func(f *Facts) { f.Evidence = tests{"TestA"} }),
			Owner{Own, tests{"TestA"}, "its stack names this test"}},
		{"the other one of two", with(shared, func(f *Facts) { f.Evidence = tests{"TestB"} }),
			Owner{Shared, tests{"TestB"}, "its stack names a test of the window"}},
		{"the parked check's own leak, judged by the last one", with(parked, func(f *Facts) { f.Evidence = tests{"TestA"} }),
			Owner{Shared, tests{"TestA"}, "its stack names a test of the window"}},
		{"the stack of a test that did not overlap", with(shared, func(f *Facts) { f.Evidence = tests{"TestC"} }),
			Owner{Elsewhere, tests{"TestC"}, "its stack names another test"}},
		{"a test that only begins with the same letters", with(alone, func(f *Facts) { f.Evidence = tests{"TestAB"} }),
			Owner{Elsewhere, tests{"TestAB"}, "its stack names another test"}},
		{"evidence counts more than a neighbour", with(alone, func(f *Facts) { f.Evidence, f.Beside = tests{"TestA"}, tests{"TestC"} }),
			Owner{Own, tests{"TestA"}, "its stack names this test"}},
	} {
		t.Run(c.why, func(t *testing.T) {
			got := Attribute(c.facts)
			assert.Equal(t, c.want, got)
		})
		reached[c.want.Rule] = true
	}
	for _, r := range rules {
		assert.True(t, reached[r.name], "no case for the rule %q", r.name)
	}
	assert.Len(t, reached, len(rules))
}
