package window

import (
	"slices"

	"github.com/leakassert/leakassert/internal/probe"
)

// Whose says who owns a leak.
type Whose int

const (
	// Own is a leak of the judging check's test.
	Own Whose = iota
	// Shared is a leak of one of the tests that Owner names.
	Shared
	// Elsewhere is a leak of other tests, which Owner names.
	Elsewhere
	// Nobody's is a leak that an earlier test may have set off.
	Nobody
)

// Facts holds what is known about a leak when it is judged.
type Facts struct {
	// Certain says that the leak carries the mark of the judging check.
	Certain bool
	// Stray says that the leak may have been set off before the check began.
	Stray bool
	// Evidence names the tests that a stack of the leak goes through.
	Evidence []string
	// Beside names the tests without a check that run at the time of judgement.
	Beside []string
	// Callable says that other tests may also have called the functions in Evidence.
	Callable bool
	// Judge is the check that judges, Of the check that saw the leak.
	Judge, Of *Member
	// Window names the tests that overlapped Of, Of's own first.
	Window []string
	// Running reports whether one of the tests is running.
	Running func(tests []string) bool
}

// An Owner says who owns a leak, which tests the report names, and which rule decided that.
type Owner struct {
	Whose
	Tests []string
	Rule  string
}

// A rule decides about some leaks and leaves the others to the rules after it.
type rule struct {
	name    string
	applies func(Facts) bool
	whose   Whose
	tests   func(Facts) []string // nil names no test
}

// rules is in order: the first rule that applies decides.
var rules = []rule{
	{"it carries the check's mark", func(f Facts) bool { return f.Certain }, Own, evidence},
	{"it may be older than the check", func(f Facts) bool { return f.Stray && len(f.Evidence) == 0 }, Nobody, window},
	{"a test without a check runs", func(f Facts) bool { return len(f.Evidence) == 0 && len(f.Beside) > 0 }, Nobody, window},
	{"nothing else ran", func(f Facts) bool { return len(f.Evidence) == 0 && f.alone() }, Own, nil},
	{"the test it names has called on this one's behalf", calledByThis, Own, nil},
	{"several ran", func(f Facts) bool { return len(f.Evidence) == 0 }, Shared, window},
	{"its stack names this test", func(f Facts) bool { return slices.ContainsFunc(f.Evidence, f.Judge.Names) }, Own, evidence},
	{"its stack names a test of the window", func(f Facts) bool { return len(f.within()) > 0 }, Shared, Facts.within},
	{"its stack names another test", func(Facts) bool { return true }, Elsewhere, evidence},
}

func Attribute(f Facts) Owner {
	for _, r := range rules {
		if !r.applies(f) {
			continue
		}
		o := Owner{Whose: r.whose, Rule: r.name}
		if r.tests != nil {
			o.Tests = r.tests(f)
		}
		return o
	}
	panic("unreachable: the last rule always applies")
}

func evidence(f Facts) []string { return f.Evidence }
func window(f Facts) []string   { return f.Window }

// alone reports whether the judging check saw the leak itself and no other test overlapped it.
func (f Facts) alone() bool { return len(f.Window) == 1 && f.Judge == f.Of }

// within returns the tests of the window that the evidence names.
func (f Facts) within() []string {
	return slices.DeleteFunc(slices.Clone(f.Window), func(test string) bool {
		return !slices.ContainsFunc(f.Evidence, probe.Scope{Test: test}.Names)
	})
}

// calledByThis reports whether the judging test must have called the functions that the evidence
// names, because none of the tests to which they belong has run.
func calledByThis(f Facts) bool {
	return f.Callable && len(f.Evidence) > 0 && len(f.within()) == 0 && f.alone() && !f.Running(f.Evidence)
}
