package poolprobe

import (
	"cmp"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/leakassert/leakassert/internal/memprofile"
	"github.com/leakassert/leakassert/internal/probe"
	"github.com/leakassert/leakassert/internal/report"
)

// A Stack is where something happened, as program counters.
type Stack []uintptr

// Here is the stack of the caller, without the skip innermost calls above it.
func Here(skip int) Stack {
	var pcs [32]uintptr
	return append(Stack(nil), pcs[:runtime.Callers(skip+2, pcs[:])]...)
}

// A Checkout is something that was taken out of a pool, or Count of them on one
// stack.
type Checkout struct {
	What  string // what was taken, if that is known: "*sql.Tx"
	Count int64
	Stack []probe.Frame
}

// A Fault is a wrong use of a pool: a Put of what is not out.
type Fault struct {
	ID     int
	What   string // "put twice"
	Stacks []Labelled
}

// Labelled is what happened, and where.
type Labelled struct {
	Label string
	Stack []probe.Frame
}

// Checkouts know of what is out of a pool where it was taken.
type Checkouts struct {
	mu  sync.Mutex
	out map[any]Stack
}

// Out takes note that key was taken, by who calls the function that calls Out.
func (c *Checkouts) Out(key any, skip int) {
	s := Here(skip + 1)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.out == nil {
		c.out = make(map[any]Stack)
	}
	c.out[key] = s
}

// Back takes note that key has come back; it reports whether it was out.
func (c *Checkouts) Back(key any) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, out := c.out[key]
	delete(c.out, key)
	return out
}

// Len is how many are out.
func (c *Checkouts) Len() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return int64(len(c.out))
}

// Held are those that are out, by stack.
func (c *Checkouts) Held() []Checkout {
	c.mu.Lock()
	stacks := make([]Stack, 0, len(c.out))
	for _, s := range c.out {
		stacks = append(stacks, s)
	}
	c.mu.Unlock()
	var held []Checkout
	for _, s := range stacks {
		held = append(held, Checkout{Count: 1, Stack: Frames(s)})
	}
	return grouped(held)
}

// Frames are the calls of a stack.
func Frames(s Stack) []probe.Frame { return memprofile.Frames(s) }

// grouped are checkouts on one stack together, the most first.
func grouped(all []Checkout) (groups []Checkout) {
	at := make(map[string]int)
	for _, c := range all {
		key := c.What + fmt.Sprint(c.Stack)
		if i, seen := at[key]; seen {
			groups[i].Count += c.Count
			continue
		}
		at[key] = len(groups)
		groups = append(groups, c)
	}
	slices.SortFunc(groups, func(a, b Checkout) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), strings.Compare(fmt.Sprint(a.What, a.Stack), fmt.Sprint(b.What, b.Stack)))
	})
	return groups
}

// since are the checkouts that were not there before.
func since(before, now []Checkout) (held []Checkout) {
	had := make(map[string]int64)
	for _, c := range before {
		had[c.What+fmt.Sprint(c.Stack)] += c.Count
	}
	for _, c := range now {
		if c.Count -= had[c.What+fmt.Sprint(c.Stack)]; c.Count > 0 {
			held = append(held, c)
		}
	}
	return held
}

func total(all []Checkout) (n int64) {
	for _, c := range all {
		n += c.Count
	}
	return n
}

// byTaker are checkouts that are told in the same words together, the most first.
func byTaker(all []Checkout, pool string) (groups []Checkout) {
	at := make(map[string]int)
	for _, c := range all {
		key := fmt.Sprint(c.What, taker(c.Stack, pool))
		if i, seen := at[key]; seen {
			groups[i].Count += c.Count
			continue
		}
		at[key] = len(groups)
		groups = append(groups, c)
	}
	slices.SortStableFunc(groups, func(a, b Checkout) int { return cmp.Compare(b.Count, a.Count) })
	return groups
}

// taker is the call that has taken something: beyond the pool's own package the
// innermost one in the module that the tests run in, otherwise the innermost
// outside of the standard library.
func taker(stack []probe.Frame, pool string) probe.Frame {
	rest := stack
	for i, f := range stack {
		if pkg := report.Package(f.Func); pool != "" && (pkg == pool || strings.HasPrefix(pkg, pool+"/")) && !report.InModule(f) {
			rest = stack[i+1:] // a hook, and what the pool calls, is further inside
		}
	}
	var found probe.Frame
	for _, f := range rest {
		if report.Std(f) || ofLibrary(report.Package(f.Func)) {
			continue
		}
		if report.InModule(f) {
			return f
		}
		if found.Func == "" {
			found = f
		}
	}
	if found.Func == "" && len(rest) > 0 {
		found = rest[0]
	}
	return found
}

func ofLibrary(pkg string) bool {
	const module = "github.com/leakassert/leakassert/"
	return pkg == module+"poolassert" || pkg == module+"internal/poolprobe" || pkg == module+"internal/check"
}
