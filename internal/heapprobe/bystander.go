package heapprobe

import (
	"slices"

	"github.com/leakassert/leakassert/internal/goroutine"
	"github.com/leakassert/leakassert/internal/memprofile"
	"github.com/leakassert/leakassert/internal/names"
	"github.com/leakassert/leakassert/internal/probe"
)

// A bystanders describes the goroutines that run at the same time as a test and are not its own.
type bystanders struct {
	tests map[string]bool // the functions of running tests
	roots map[string]bool // the functions in which other goroutines began
}

const testRoot = "testing.tRunner"

// bystandersOf lists what runs at the same time as the test of a scope.
func bystandersOf(scope probe.Scope) *bystanders {
	b := &bystanders{make(map[string]bool), make(map[string]bool)}
	var own []string
	first := true
	for r := range goroutine.All() {
		if first { // the caller, which is the test itself
			first = false
			continue
		}
		g, _ := r.Parse()
		if len(g.Frames) == 0 {
			continue
		}
		switch root := g.Frames[len(g.Frames)-1].Func; {
		case scope.ID != 0 && probe.ScopeOfLabel(r.Label()) == scope.ID:
			own = append(own, root)
		case root != testRoot:
			b.roots[root] = true
		case scope.Runner: // without Runner, it may be the test that the check belongs to
			for _, f := range g.Frames {
				b.tests[names.TestOf(f)] = true
			}
		}
	}
	for _, root := range own {
		delete(b.roots, root)
	}
	return b
}

// ofBystander reports whether a site belongs to someone other than the test. It does if its stack
// goes through other tests of which one runs without a check, or if a goroutine that the test did
// not start replaces the site's objects or makes more of them after the test.
func (w *watch) ofBystander(s siteAmount) bool {
	root, tests := "", []string(nil)
	for _, f := range s.frames {
		if test := names.TestOf(f); test != "" {
			tests = append(tests, test)
		}
		root = f.Func
	}
	if len(s.stack) >= memprofile.MostFrames {
		root = "" // the stack is cut off
	}
	switch {
	case slices.ContainsFunc(tests, w.scope.Names), root == testRoot && len(tests) == 0:
		return false
	case w.looks == 1: // every test has a first look
		if w.made == nil {
			w.made = make(map[siteKey]int64)
		}
		w.made[s.key] = w.now[s.key].made
		return false
	}
	if w.others == nil {
		w.others = bystandersOf(w.scope)
	}
	if slices.ContainsFunc(tests, func(test string) bool { return w.others.tests[test] && !names.KnownTest(test) }) {
		return true
	}
	now := w.now[s.key].made
	return w.others.roots[root] && (now > w.made[s.key] || s.objects == 1 && now-w.before[s.key].made > 1)
}
