package procstate

import (
	"runtime"
	"strings"
	"sync"

	"github.com/leakassert/leakassert/internal/goroutine"
)

// records holds the stacks that alone reads. It is outside of the heap, because reading must not
// cause the collection that is to be put off.
var records struct {
	sync.Mutex
	kept [8 << 10]runtime.StackRecord
}

// alone reports whether no test but the caller's runs or may start to run. Only then may a setting of
// the whole process change. Another test could read our value, take it for the one to restore, and
// leave it behind for good.
func alone() bool {
	records.Lock()
	defer records.Unlock()
	all := records.kept[:]
	n, ok := runtime.GoroutineProfile(all)
	for !ok {
		all = make([]runtime.StackRecord, n+n/8+16)
		n, ok = runtime.GoroutineProfile(all)
	}
	var count [released + 1]int
	for i := range all[:n] {
		count[stateOf(all[i].Stack())]++
	}
	return count[running] <= 1 && (count[held] == 0 || count[released] == 0)
}

// A state says what a goroutine does for tests.
type state int

const (
	idle     state = iota // it runs no test, or waits for one that it has started
	running               // it runs the code of a test, benchmark or fuzz target, or is about to
	held                  // its parallel test waits for its parent, or for its turn
	released              // its test has returned, and its parallel subtests run as their turn comes
)

func stateOf(stack []uintptr) state {
	if len(stack) == len(runtime.StackRecord{}.Stack0) {
		return running // it may be a test: the outermost functions are cut off
	}
	// The outermost function is runtime.goexit.
	if len(stack) < 2 || !strings.HasPrefix(runtime.FuncForPC(stack[len(stack)-2]-1).Name(), "testing.") {
		return idle
	}
	for f := range goroutine.Calls(stack) {
		if pkg, _, _ := strings.Cut(f.Function, "."); pkg == "runtime" || pkg == "sync" || strings.HasPrefix(pkg, "internal/") {
			continue
		}
		for _, in := range functions {
			if strings.HasPrefix(f.Function, in.prefix) {
				return in.state
			}
		}
		return running
	}
	return running
}

// functions lists prefixes of functions of package testing in which no test's code runs. The first
// prefix that fits counts.
var functions = []struct {
	prefix string
	state  state
}{
	{"testing.(*T).Parallel", held},
	{"testing.(*testState).", held},
	{"testing.tRunner.func", released},
	{"testing.fRunner", idle},
	{"testing.(*T).Run", idle},
	{"testing.(*F).Fuzz", idle},
	{"testing.(*B).run", idle},
	{"testing.(*B).launch", idle},
	{"testing.(*B).doBench", idle},
}
