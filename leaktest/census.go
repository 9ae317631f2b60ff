package leaktest

import (
	"bytes"
	"regexp"
	"slices"
	"strings"

	"github.com/leakassert/leakassert/internal/goroutine"
	"github.com/leakassert/leakassert/internal/probe"
	"github.com/leakassert/leakassert/internal/report"
)

// A census is one dump of all goroutines, seen by the checks.
type census struct {
	self uint64   // the goroutine that looks
	ids  []uint64 // sorted
	text []byte
}

var (
	byRun  = []byte("\ncreated by testing.(*T).Run ")
	byFuzz = []byte("\ncreated by testing.(*F).Fuzz.")
)

// dump takes a census and remembers who was there.
func dump(f func(*census)) {
	created, live, counted := goroutine.Counts()
	goroutine.Dump(func(text []byte) {
		d := &census{text: text, ids: make([]uint64, 0, live+live/16+16)}
		for r := range goroutine.Records(text) {
			if d.self == 0 {
				d.self = r.ID() // the caller's comes first
			}
			d.ids = append(d.ids, r.ID())
		}
		slices.Sort(d.ids)
		if counted {
			// By their creators: the main goroutine calls testing.tRunner as well.
			remembered.know(created, d.ids, bytes.Count(text, byRun)+bytes.Count(text, byFuzz))
		}
		f(d)
	})
}

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

// claimed are the goroutines that are alive and are the scope's or may be.
//
// Those with its label are. Of those with no check's label, the new ones are
// whose creator is; what pre-existing goroutines or another test's have started
// is theirs; and what nobody alive has started, such as timers' goroutines, has
// escaped.
func (d *census) claimed(s Scope, before baseline) (found []claimedGoroutine) {
	label := s.Label()
	var loose []goroutine.Goroutine // without the label of any check, and not there before
	for r := range goroutine.Records(d.text) {
		if r.ID() == d.self {
			continue
		}
		switch l, ok := r.Label(probe.LabelKey); {
		case ok && l == label && !s.Outside:
			if g, err := r.Parse(); err == nil && !ofTesting(g) {
				found = append(found, claimedGoroutine{g, own, nil})
			}
		case ok && !s.Outside:
		case !before.has(r.ID()):
			if g, err := r.Parse(); err == nil && !ofTesting(g) {
				loose = append(loose, g)
			}
		}
	}
	if len(loose) == 0 {
		return found
	}
	if s.Outside {
		for _, g := range loose {
			found = append(found, claimedGoroutine{g, own, nil})
		}
		return found
	}
	return append(found, d.sort(loose, s, before)...)
}

// sort finds out whose the loose goroutines are.
func (d *census) sort(loose []goroutine.Goroutine, s Scope, before baseline) (found []claimedGoroutine) {
	isLoose := make(map[uint64]int, len(loose))
	wanted := make(map[uint64]string, len(loose)) // the labels of creators
	for i, g := range loose {
		isLoose[g.ID] = i
		wanted[g.Creator] = ""
	}
	alive := make(map[uint64]bool, len(wanted))
	for r := range goroutine.Records(d.text) {
		if _, ok := wanted[r.ID()]; ok {
			alive[r.ID()] = true
			wanted[r.ID()], _ = r.Label(probe.LabelKey)
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
		c.Goroutine, c.tests = g, testsOn(g)
		mine := slices.ContainsFunc(c.tests, s.Names)
		certain := before.exact || s.FromStart && mine
		parent, parentLoose := isLoose[g.Creator]
		switch {
		case g.Creator != 0 && g.Creator == before.self:
			// Started by the test's own goroutine after it had lost the label,
			// or before the check.
			c.claim = own
			certain = certain || s.FromStart
		case parentLoose:
			c.claim = judge(parent)
			certain = true // as new as its creator
		case alive[g.Creator]:
			if wanted[g.Creator] == s.Label() {
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

// ofTesting reports whether a goroutine is the testing package's own, the fuzzing
// engine's, the signal package's or the runtime's; those that run a test are
// among them, what they start is not.
func ofTesting(g goroutine.Goroutine) bool {
	if len(g.Frames) == 0 {
		return false
	}
	root := g.Frames[len(g.Frames)-1].Func
	if g.Elided > 0 && report.Package(g.CreatedBy.Func) == "testing" {
		return true // a deep stack, whose outermost frames may be left out
	}
	switch report.Package(root) {
	case "testing", "internal/fuzz", "testing/internal/testdeps":
		return true
	case "os/signal":
		return root == "os/signal.loop"
	case "runtime":
		// A finalizer's or cleanup's goroutine counts while it runs user code.
		return !slices.ContainsFunc(g.Frames, func(f probe.Frame) bool {
			return report.Package(f.Func) != "runtime"
		})
	}
	return false
}

var testFunc = regexp.MustCompile(`\.((?:Test|Fuzz|Benchmark|Example)[^.\[(]*)`)

// testsOn names the test functions on a goroutine's stack: closures in a test
// carry its name.
func testsOn(g goroutine.Goroutine) (names []string) {
	for _, f := range append(g.Frames[:len(g.Frames):len(g.Frames)], g.CreatedBy) {
		if !strings.HasSuffix(f.File, "_test.go") {
			continue
		}
		if m := testFunc.FindStringSubmatch(report.Func(f.Func)); m != nil && !slices.Contains(names, m[1]) {
			names = append(names, m[1])
		}
	}
	return names
}
