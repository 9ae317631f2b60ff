package memprofile

import (
	"runtime"
	"slices"

	"github.com/leakassert/leakassert/internal/names"
	"github.com/leakassert/leakassert/internal/pattern"
	"github.com/leakassert/leakassert/internal/probe"
)

// A Trail leads from a go statement back to the calls before it. The statement allocates what its
// goroutine runs, so while every allocation is recorded, its stack is known. If a goroutine of the
// standard library ran that stack, the trail goes on with the statement that started this
// goroutine, and so on.
type Trail struct {
	stacks map[string][][]uintptr // by the innermost function outside of the runtime
}

// NewTrail reads all allocations so far.
func NewTrail() Trail {
	runtime.GC() // publishes the profile
	t := Trail{make(map[string][][]uintptr)}
	for _, r := range Read(nil, true) {
		stack := slices.Clone(r.Stack())
		for i, pc := range stack {
			f := runtime.FuncForPC(pc - 1)
			if f == nil {
				break
			}
			if name := f.Name(); !OfRuntime(name) {
				name = Frames(stack[i : i+1])[0].Func // the innermost of the inlined calls
				t.stacks[name] = append(t.stacks[name], stack[i:])
				break
			}
		}
	}
	return t
}

// farthest is the largest number of goroutines on a trail.
const farthest = 5

// closure matches the end of the name of a function inside another one.
var closure = pattern.New(`\.(func|gowrap)\d+(\.\d+)*$`)

// To returns the call of the module under test that led to a goroutine started at a frame. The call
// must be the only one, or the only one in the test of the check.
func (t Trail) To(created probe.Frame, s probe.Scope) (call probe.Frame, ok bool) {
	return only(t.from(created.Func, created.Line, make(map[string]bool)), s)
}

// Behind is like To for the goroutine that has a stack.
func (t Trail) Behind(stack []probe.Frame, s probe.Scope) (call probe.Frame, ok bool) {
	return only(t.behind(stack, make(map[string]bool)), s)
}

// from returns the stacks of go statements in a function, on the given line unless it is 0. Each
// begins at the innermost call of the module under test. followed has the functions on the trail.
func (t Trail) from(function string, line int, followed map[string]bool) (calls [][]probe.Frame) {
	if followed[function] || len(followed) == farthest {
		return nil
	}
	followed[function] = true
	for _, pcs := range t.stacks[function] {
		switch stack := Frames(pcs); {
		case line != 0 && stack[0].Line != line:
		case slices.ContainsFunc(stack, names.InModule):
			calls = append(calls, stack[slices.IndexFunc(stack, names.InModule):])
		default:
			calls = append(calls, t.behind(stack, followed)...)
		}
	}
	return calls
}

func (t Trail) behind(stack []probe.Frame, followed map[string]bool) [][]probe.Frame {
	for _, f := range slices.Backward(stack) {
		if !OfRuntime(f.Func) {
			if by := closure().ReplaceAllString(f.Func, ""); by != f.Func {
				return t.from(by, 0, followed)
			}
			break
		}
	}
	return nil
}

func only(calls [][]probe.Frame, s probe.Scope) (call probe.Frame, ok bool) {
	others := func(stack []probe.Frame) bool {
		tests, _ := names.TestsOn(stack)
		return !slices.ContainsFunc(tests, s.Names)
	}
	if its := slices.DeleteFunc(slices.Clone(calls), others); len(its) > 0 {
		calls = its
	}
	for _, c := range calls {
		if c[0] != calls[0][0] {
			return call, false
		}
		call = c[0]
	}
	return call, len(calls) > 0
}
