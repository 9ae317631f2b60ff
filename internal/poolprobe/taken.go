package poolprobe

import (
	"cmp"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"

	"github.com/leakassert/leakassert/internal/memprofile"
	"github.com/leakassert/leakassert/internal/names"
	"github.com/leakassert/leakassert/internal/probe"
)

// A Stack is where something happened, as program counters.
type Stack [32]uintptr

// Here returns the stack of the caller without its skip innermost calls.
func Here(skip int) (s Stack) {
	runtime.Callers(skip+2, s[:])
	return s
}

func (s Stack) frames() []probe.Frame { return memprofile.Frames(s[:]) }

// A Place is where something was taken out of a pool.
type Place struct {
	What  string // what was taken, if known: "*sql.Tx"
	Stack Stack
}

// Taken says how much was taken at each place.
type Taken map[Place]int64

// since returns what was taken between before and now.
func since(before, now Taken) Taken {
	held := make(Taken)
	for place, n := range now {
		if n > before[place] {
			held[place] = n - before[place]
		}
	}
	return held
}

func (t Taken) total() (n int64) {
	for _, c := range t {
		n += c
	}
	return n
}

// lines returns, as evidence without a label, who took what. Whoever took the most comes first.
func (t Taken) lines(pool string) (lines []probe.Evidence) {
	type call struct {
		what string
		by   probe.Frame
	}
	counts, at := make(map[call]int64), make(map[probe.Frame]probe.CallSite)
	for place, n := range t {
		frames := place.Stack.frames()
		by := probe.CallOn(frames, taker(frames, pool))
		if other, ok := at[by.Frame]; ok && other != by {
			by.Callee = "" // two calls on a line
		}
		at[by.Frame] = by
		counts[call{place.What, by.Frame}] += n
	}
	calls := slices.SortedFunc(maps.Keys(counts), func(a, b call) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a.what, b.what),
			cmp.Compare(a.by.File, b.by.File), cmp.Compare(a.by.Line, b.by.Line), cmp.Compare(a.by.Func, b.by.Func))
	})
	for _, c := range calls {
		var columns []string
		if counts[c] > 1 {
			columns = append(columns, fmt.Sprintf("%d×", counts[c]))
		}
		if c.what != "" {
			columns = append(columns, c.what)
		}
		lines = append(lines, probe.Evidence{Columns: append(columns, names.Call(c.by)...), Call: at[c.by]})
	}
	return lines
}

// taker returns the call that took something. Outside of the pool's own package it is the innermost
// call in the tests' module or, without one, the innermost outside of the standard library.
func taker(stack []probe.Frame, pool string) probe.Frame {
	rest := stack
	for i, f := range stack {
		if pkg := names.Package(f.Func); pool != "" && (pkg == pool || strings.HasPrefix(pkg, pool+"/")) && !names.InModule(f) {
			rest = stack[i+1:] // hooks, and what the pool calls, are further inside
		}
	}
	users := slices.DeleteFunc(slices.Clone(rest), func(f probe.Frame) bool { return names.Std(f) || names.OfLibrary(f.Func) })
	switch {
	case len(users) > 0:
		return users[max(0, slices.IndexFunc(users, names.InModule))]
	case len(rest) > 0:
		return rest[0]
	}
	return probe.Frame{}
}

// gauges returns all readings that must go back to their old values.
func gauges(s Stats) []Reading {
	return append([]Reading{{"InUse", s.InUse}, {"Waiting", s.Waiting}}, s.Gauges...)
}

// risen returns the gauges that are higher now, such as "InUse 0 → 1", with the increase, the
// largest first.
func risen(before, now Stats) (changes []Reading) {
	if now.InUse <= before.InUse && now.Waiting <= before.Waiting && len(now.Gauges) == 0 {
		return nil // this case makes no list
	}
	was := make(map[string]int64)
	for _, r := range gauges(before) {
		was[r.Name] = r.Value
	}
	for _, r := range gauges(now) {
		if more := r.Value - was[r.Name]; more > 0 {
			changes = append(changes, Reading{fmt.Sprintf("%s %d → %d", r.Name, was[r.Name], r.Value), more})
		}
	}
	slices.SortStableFunc(changes, func(a, b Reading) int { return cmp.Compare(b.Value, a.Value) })
	return changes
}
