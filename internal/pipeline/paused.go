package pipeline

import (
	"bytes"
	"slices"
	"strings"

	"github.com/leakassert/leakassert/internal/goroutine"
	"github.com/leakassert/leakassert/internal/names"
	"github.com/leakassert/leakassert/internal/probe"
	"github.com/leakassert/leakassert/internal/window"
)

// paused returns the checks whose tests are paused in t.Parallel. Such a test waits for sequential
// tests or for its turn, and acquires nothing. Subtests inherit the label of their test, which can
// go on while they are paused.
func paused() map[uint64]bool {
	found := make(map[uint64]bool)
	var going []uint64
	for rec := range goroutine.All() {
		label := rec.Label()
		switch stack := rec.Text(); {
		case label == "":
		case bytes.Contains(stack, []byte("\ntesting.(*T).Parallel(")):
			found[probe.ScopeOfLabel(label)] = true
		case bytes.Contains(stack, []byte("\ntesting.tRunner(")), bytes.Contains(stack, []byte("\ntesting.fRunner(")):
			going = append(going, probe.ScopeOfLabel(label))
		}
	}
	for _, id := range going {
		delete(found, id)
	}
	return found
}

// leftBy returns a test whose check has ended and of which a goroutine still runs, "" if there is
// none, or if c's test also has one, which is then the likelier to go on with what the test does.
// Goroutines that open nothing, such as that of os/signal, don't count.
func leftBy(c *window.Member) (test string) {
	for rec := range goroutine.All() {
		label := rec.Label()
		id := probe.ScopeOfLabel(label)
		switch {
		case names.Idle(rec.Text()):
		case id == c.ID:
			return ""
		case id != 0 && !checks.Active(id):
			if of := label[:strings.LastIndex(label, " #")]; test == "" || of < test {
				test = of
			}
		}
	}
	return test
}

// unchecked returns the running tests that have no check, except c's test and those around it. It
// is called when something was found that c's test need not have acquired.
func unchecked(c *window.Member) (tests []string) {
	if !c.Runner {
		return nil
	}
	first := true
	for rec := range goroutine.All() {
		own := first // the calling goroutine comes first
		first = false
		if own || checks.Active(probe.ScopeOfLabel(rec.Label())) || bytes.Contains(rec.Text(), []byte("\ntesting.(*T).Parallel(")) {
			continue
		}
		g, _ := rec.Parse()
		runner := slices.IndexFunc(g.Frames, func(f goroutine.Frame) bool { return f.Func == "testing.tRunner" })
		if runner < 1 {
			continue
		}
		running, _ := names.TestsOn(g.Frames[runner-1 : runner])
		for _, test := range running {
			if !c.Names(test) && !slices.Contains(tests, test) {
				tests = append(tests, test)
			}
		}
	}
	slices.Sort(tests)
	return tests
}
