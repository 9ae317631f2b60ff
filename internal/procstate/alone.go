package procstate

import (
	"runtime"
	"slices"
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

// alone reports whether no test but the caller's runs. Only then may a setting of the whole process
// change. Another test could read our value, take it for the one to restore, and leave it behind
// for good.
func alone() bool {
	records.Lock()
	defer records.Unlock()
	all := records.kept[:]
	n, ok := runtime.GoroutineProfile(all)
	for !ok {
		all = make([]runtime.StackRecord, n+n/8+16)
		n, ok = runtime.GoroutineProfile(all)
	}
	running := 0
	for i := range all[:n] {
		if isRunningTest(all[i].Stack()) {
			running++
		}
	}
	return running <= 1
}

// isRunningTest reports whether a goroutine runs the code of a test, benchmark or fuzz target. It
// does not if it waits for another test.
func isRunningTest(stack []uintptr) bool {
	if len(stack) == len(runtime.StackRecord{}.Stack0) {
		return true // it may be a test: the outermost functions are cut off
	}
	// The outermost function is runtime.goexit.
	if len(stack) < 2 || !strings.HasPrefix(runtime.FuncForPC(stack[len(stack)-2]-1).Name(), "testing.") {
		return false
	}
	for f := range goroutine.Calls(stack) {
		if pkg, _, _ := strings.Cut(f.Function, "."); pkg != "runtime" && pkg != "sync" && !strings.HasPrefix(pkg, "internal/") {
			return !slices.ContainsFunc(waiting, func(name string) bool { return strings.HasPrefix(f.Function, name) })
		}
	}
	return true
}

// waiting lists prefixes of functions of package testing that run no test code themselves: a test
// begins, waits for another one, or is over.
var waiting = []string{
	"testing.tRunner", "testing.fRunner", "testing.(*T).Run", "testing.(*T).Parallel", "testing.(*testState).",
	"testing.(*F).Fuzz", "testing.(*B).run", "testing.(*B).launch", "testing.(*B).doBench",
}
