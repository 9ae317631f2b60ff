package leaktest

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/leakassert/leakassert/internal/goroutine"
	"github.com/leakassert/leakassert/internal/probe"
	"github.com/leakassert/leakassert/internal/report"
)

// A claim is what a goroutine is to a check.
type claim int

const (
	none    claim = iota
	own           // started by the test, for certain
	escaped       // new, and the test can have made it
	unclear       // would be one of these if it were certain that it is new
)

type claimedGoroutine struct {
	goroutine.Goroutine
	claim claim
	tests []string // test functions on its stack
}

// sort finds out whose the loose goroutines are.
func (d *census) sort(loose []goroutine.Goroutine, s Scope, before baseline) (found []claimedGoroutine) {
	isLoose := make(map[uint64]int, len(loose))
	labels := make(map[uint64]string, len(loose)) // of their creators
	for i, g := range loose {
		isLoose[g.ID] = i
		labels[g.Creator] = ""
	}
	alive := make(map[uint64]bool, len(labels))
	for r := range goroutine.Records(d.text) {
		if _, ok := labels[r.ID()]; ok {
			alive[r.ID()] = true
			labels[r.ID()], _ = r.Label(probe.LabelKey)
		}
	}
	claims := make([]claimedGoroutine, len(loose))
	done := make([]bool, len(loose))
	var judge func(i int) claim
	judge = func(i int) claim {
		c := &claims[i]
		if done[i] {
			return c.claim
		}
		done[i] = true // a creator can't be its own descendant; be safe
		g := loose[i]
		tests, byTestMain := testsOn(g)
		c.Goroutine, c.tests = g, tests
		mine := slices.ContainsFunc(tests, s.Names)
		certain := before.exact || s.FromStart && mine
		parent, parentLoose := isLoose[g.Creator]
		switch {
		case byTestMain: // set before the tests: no code of TestMain runs among them
		case g.Creator != 0 && g.Creator == before.self:
			// Started by the test's own goroutine after it had lost the label,
			// or before the check.
			c.claim = own
			certain = certain || s.FromStart
		case parentLoose:
			c.claim = judge(parent)
			certain = true // as new as its creator
		case alive[g.Creator]:
			if labels[g.Creator] == s.Label() {
				c.claim, certain = own, true
			}
		case before.has(g.Creator):
		case mine:
			c.claim = own
		default:
			c.claim = escaped
		}
		if c.claim != none && !certain {
			c.claim = unclear
		}
		return c.claim
	}
	for i := range loose {
		if judge(i) != none {
			found = append(found, claims[i])
		}
	}
	return found
}

var testFunc = regexp.MustCompile(`\.((?:Test|Fuzz|Benchmark|Example)[^.\[(]*)`)

// testsOn names the test functions on a goroutine's stack: closures in a test
// carry its name. Functions that only sound like tests are not among them.
func testsOn(g goroutine.Goroutine) (names []string, byTestMain bool) {
	for _, f := range append(g.Frames[:len(g.Frames):len(g.Frames)], g.CreatedBy) {
		if !strings.HasSuffix(f.File, "_test.go") {
			continue
		}
		m := testFunc.FindStringSubmatch(report.Func(f.Func))
		switch {
		case m == nil:
		case m[1] == "TestMain":
			byTestMain = true
		case isTestName(m[1]) && probe.KnownTest(m[1]) && !slices.Contains(names, m[1]):
			names = append(names, m[1])
		}
	}
	return names, byTestMain
}

// isTestName is the rule of go test: no lower case letter behind the prefix.
func isTestName(name string) bool {
	for _, prefix := range []string{"Test", "Fuzz", "Benchmark", "Example"} {
		if rest, ok := strings.CutPrefix(name, prefix); ok {
			r, _ := utf8.DecodeRuneInString(rest)
			return rest == "" || !unicode.IsLower(r)
		}
	}
	return false
}
