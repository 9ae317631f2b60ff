// Command kernels runs one of the leaking programs ("kernels") that Go tests its
// own goroutine leak profile with, under a check, and prints as JSON what the
// check has found and what was there.
//
// TestKernels lays the kernels' sources over this directory when it builds it;
// this file stands in for their main.go.
package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/leakassert/leakassert/internal/faketb"
	"github.com/leakassert/leakassert/leaktest"
	"go.uber.org/goleak"
)

//lint:file-ignore U1000 This is what the kernels' sources expect of their main.go.

const yieldCount = 10

var cmds = map[string]func(){}

func register(name string, f func()) { cmds[name] = f }

// goroutines are ids, and whether the runtime has proven that it leaked.
type goroutines map[string]bool

// result is what the test reads.
type result struct {
	Before goroutines // alive when the kernel had returned
	Found  goroutines // by the check, at its last look
	After  goroutines // alive when the check was over
	Goleak []string   // the ids that are new to goleak, after that
	Text   string     // the failing check's
	Missed string     // the stacks of those alive before and after, and not found
}

// main lists the kernels, or runs the one that is named for a check that
// settles as long as told.
func main() {
	if len(os.Args) < 3 {
		for _, name := range slices.Sorted(maps.Keys(cmds)) {
			fmt.Println(name)
		}
		return
	}
	settle, err := time.ParseDuration(os.Args[2])
	check(err)

	out := os.Stdout
	os.Stdout, err = os.OpenFile(os.DevNull, os.O_WRONLY, 0) // kernels print their profiles there
	check(err)
	check(json.NewEncoder(out).Encode(run(os.Args[1], settle)))
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "kernels:", err)
		os.Exit(1)
	}
}

func run(name string, settle time.Duration) (r result) {
	known, knownToGoleak := alive(), goleak.IgnoreCurrent()
	var spy spy
	var before map[string]string
	t, panicked := faketb.Run(name, func(t *faketb.TB) {
		leaktest.Check(t, leaktest.Only(leaktest.KindGoroutine, "spy"), leaktest.With(&spy), leaktest.Ignore(spy.see), leaktest.Settle(settle))
		known[self()] = "the test's own goroutine, which may still be on its way out at the end"
		cmds[name]()
		before = alive()
	})
	after := alive()
	if panicked != nil {
		panic(panicked)
	}
	for _, stacks := range []map[string]string{before, after} {
		maps.DeleteFunc(stacks, func(id, _ string) bool { return known[id] != "" })
	}
	r.Text = t.Errors() + t.Logs()
	r.Before, r.Found, r.After = marked(before), spy.found, marked(after)
	for id, stack := range after {
		if _, found := r.Found[id]; !found && before[id] != "" {
			r.Missed += stack + "\n\n"
		}
	}
	if err := goleak.Find(knownToGoleak); err != nil {
		for _, m := range unexpected.FindAllStringSubmatch(err.Error(), -1) {
			r.Goleak = append(r.Goleak, m[1])
		}
	}
	return r
}

// unexpected is how goleak's error begins to speak of a goroutine.
var unexpected = regexp.MustCompile(`Goroutine (\d+) in state `)

// spy sees all that a check finds and, as a probe that never finds anything
// itself, when the check begins a new look.
type spy struct{ found goroutines }

func (s *spy) Kind() string                                  { return "spy" }
func (s *spy) Start(leaktest.Scope) (leaktest.Watch, error)  { return s, nil }
func (s *spy) Grown() ([]leaktest.Leak, error)               { s.found = goroutines{}; return nil, nil }
func (s *spy) Explain(leaks []leaktest.Leak) []leaktest.Leak { return leaks }
func (s *spy) Stop()                                         {}

// see is asked again about what has been explained, when a proof may be new.
func (s *spy) see(l leaktest.Leak) (ignore bool) {
	s.found[l.ID] = l.Proven
	return false
}

var header = regexp.MustCompile(`^goroutine (\d+) `)

// alive are the stacks of all goroutines by id. It shares no code with the
// library.
func alive() map[string]string {
	buf := make([]byte, 16<<20) // a few thousand stacks
	n := runtime.Stack(buf, true)
	if n == len(buf) {
		panic("kernels: the stacks of all goroutines do not fit")
	}
	stacks := make(map[string]string)
	for stack := range strings.SplitSeq(string(buf[:n]), "\n\n") {
		if !strings.Contains(stack, "leakassert/internal/aside.work") { // which waits for the next call of a filter
			stacks[header.FindStringSubmatch(stack)[1]] = stack
		}
	}
	return stacks
}

// self is the id of the calling goroutine.
func self() string {
	buf := make([]byte, 64)
	return header.FindStringSubmatch(string(buf[:runtime.Stack(buf, false)]))[1]
}

// marked tells which stacks bear the mark of the goroutine leak profile.
func marked(stacks map[string]string) goroutines {
	proven := make(goroutines, len(stacks))
	for id, stack := range stacks {
		state, _, _ := strings.Cut(stack, "\n")
		proven[id] = strings.Contains(state, " (leaked)")
	}
	return proven
}
