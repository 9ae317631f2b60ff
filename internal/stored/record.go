package stored

import (
	"cmp"
	"runtime"
	"slices"
	"sync"
	_ "unsafe" // for go:linkname
)

// What is recorded is bounded, and takes no memory from the heap that is being watched.
const (
	mostRecorded = 1 << 16
	mostProbes   = 32
)

// A record counts the stores of one place in the source at one address.
type record struct {
	at, pc uintptr
	n      int64
}

var recorded struct {
	sync.Mutex
	all  []record // a hash table; nil in a process that records nothing
	lost bool     // there was no room for some
}

// Record counts a store at an address. Rewritten source calls it, through a function of the same file
// that the store has as its operand.
//
//go:linkname Record
func Record(at uintptr) {
	recorded.Lock()
	defer recorded.Unlock()
	if recorded.all == nil {
		return
	}
	const callers, function, statement = 1, 1, 1
	var pcs [1]uintptr
	if runtime.Callers(callers+function+statement, pcs[:]) == 0 {
		return
	}
	hash := (at*0x9E3779B9 ^ pcs[0]) * 0x85EBCA6B
	for i := range uintptr(mostProbes) {
		r := &recorded.all[(hash>>12+i)%mostRecorded]
		if r.n == 0 {
			r.at, r.pc = at, pcs[0]
		}
		if r.at == at && r.pc == pcs[0] {
			r.n++
			return
		}
	}
	recorded.lost = true
}

// into returns the stores into a container, the most frequent first.
func into(c Container) []Store {
	if len(c.Places) == 0 {
		return nil
	}
	has := c.Places[0].has
	own := stores(has)
	linked := func(at uint64) bool {
		return slices.ContainsFunc(c.Links, func(d Decl) bool { return d.id() == at })
	}
	// A list that grows at its head has every store in the head, one that grows at its tail has only
	// the first one there.
	if links := stores(linked); 2*sum(own) < sum(links) {
		return stores(func(at uint64) bool { return linked(at) || has(at) })
	}
	return own
}

// has reports whether a store at an address is one into the place.
func (p Place) has(at uint64) bool {
	switch p.Form {
	case Map, Chan:
		return at == p.To
	case Slice:
		if p.To <= at && at < p.To+max(p.Size, 1) {
			return true
		}
	}
	if p.Decl.Local {
		return at == p.Decl.id()
	}
	return at == p.At
}

func sum(stores []Store) (n int64) {
	for _, s := range stores {
		n += s.Count
	}
	return n
}

// stores returns the recorded stores at some addresses, by their place in the source.
func stores(has func(at uint64) bool) (found []Store) {
	recorded.Lock()
	counts := make(map[uintptr]int64)
	for _, r := range recorded.all {
		if r.n > 0 && has(uint64(r.at)) {
			counts[r.pc] += r.n
		}
	}
	recorded.Unlock()
	for pc, n := range counts {
		f, _ := runtime.CallersFrames([]uintptr{pc}).Next()
		s := Store{f.Function, f.File, f.Line, n}
		i := slices.IndexFunc(found, func(o Store) bool { return o.Func == s.Func && o.File == s.File && o.Line == s.Line })
		if i < 0 {
			found = append(found, s)
			continue
		}
		found[i].Count += n
	}
	slices.SortFunc(found, func(a, b Store) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
	})
	return found
}
