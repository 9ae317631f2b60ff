package retain

import (
	"cmp"
	"reflect"
	"runtime"
	"slices"
	"strings"

	"github.com/leakassert/leakassert/internal/heapdump"
	"github.com/leakassert/leakassert/internal/liveobject"
	"github.com/leakassert/leakassert/internal/names"
	"github.com/leakassert/leakassert/internal/symbols"
)

// A root keeps objects by itself.
type root struct {
	rank      rank
	name      string // for order, and as what it is shown if nothing better is known
	variable  *symbols.Variable
	segment   *heapdump.Segment
	via       []uint64 // the pointers between the variable and the memory that it has from the start
	goroutine *heapdump.Goroutine
	frame     *heapdump.Frame
	pc        uint64 // where the frame's call continues
	finalizer *heapdump.Finalizer
	cleanup   bool // the root is the argument of a cleanup
	refs      []ref
}

// A ref is a pointer: its offset in what holds it, and the object it points at.
type ref struct {
	offset int
	object int32
}

// findRoots lists the roots, those of the lowest rank first.
func (g *graph) findRoots() {
	d := g.dump
	g.findStatic()
	for i := range d.Segments {
		g.variables(&d.Segments[i])
	}
	for i := range d.Goroutines {
		g.calls(&d.Goroutines[i])
	}
	for i := range d.Finalizers {
		f := &d.Finalizers[i]
		r := root{rank: ofFinalizer, name: "a finalizer", finalizer: f}
		if o, ok := d.Find(f.Fn); ok {
			r.refs = append(r.refs, ref{-1, int32(o)})
		}
		if o, ok := d.Find(f.Object); ok { // the finalizer's argument, with everything that it refers to
			if f.Queued {
				r.refs = append(r.refs, ref{-1, int32(o)})
			}
			for offset, held := range d.Refs(o) {
				r.refs = append(r.refs, ref{offset, int32(held)})
			}
		}
		g.addRoot(r)
	}
	for i := range d.Cleanups {
		g.cleanup(&d.Cleanups[i])
	}
	for _, other := range d.Others {
		if o, ok := d.Find(other.Pointer); ok {
			g.addRoot(root{rank: ofRuntime, name: other.Name, refs: []ref{{-1, int32(o)}}})
		}
	}
	slices.SortStableFunc(g.roots, func(a, b root) int {
		return cmp.Or(cmp.Compare(a.rank, b.rank), strings.Compare(a.name, b.name))
	})
}

// cleanup adds what a cleanup keeps: the functions, and its argument, of which the runtime has a copy.
func (g *graph) cleanup(c *heapdump.Cleanup) {
	r := root{rank: ofFinalizer, name: "a cleanup"}
	for _, fn := range []uint64{c.Fn, c.Call} {
		if o, ok := g.dump.Find(fn); ok {
			r.refs = append(r.refs, ref{-1, int32(o)})
		}
	}
	g.addRoot(r)
	if o, ok := g.dump.Find(c.Arg); ok {
		r = root{rank: ofFinalizer, name: "the argument of a cleanup", cleanup: true, refs: []ref{{-1, int32(o)}}}
		// The function's value may also be in the binary.
		if entry := liveobject.Read(uintptr(c.Fn), reflect.TypeFor[uintptr]()); len(entry) == 1 {
			if f := runtime.FuncForPC(entry[0]); f != nil {
				r.name += ", " + names.Func(f.Name())
			}
		}
		for _, held := range g.dump.Refs(o) {
			r.refs = append(r.refs, ref{-1, int32(held)})
		}
		g.addRoot(r)
	}
}

func (g *graph) addRoot(r root) {
	if len(r.refs) > 0 {
		g.roots = append(g.roots, r)
	}
}

// variables adds the package variables of a segment.
func (g *graph) variables(s *heapdump.Segment) {
	var r root
	end := -1 // of the variable of r
	for offset, o := range g.dump.SegmentRefs(s) {
		if offset >= end {
			g.addRoot(r)
			r = root{rank: unknownOwner, name: "a package variable", segment: s}
			end = offset + g.dump.PtrSize
			if v, via, ok := g.variable(s.Addr + uint64(offset)); ok {
				r.variable, r.name, r.rank, r.via = &v, v.Name, rankOfVariable(v.Full), via
				if len(via) == 0 {
					end = int(v.Addr + uint64(v.Size) - s.Addr)
				}
			}
		}
		r.refs = append(r.refs, ref{offset, int32(o)})
	}
	g.addRoot(r)
}

// variable returns the package variable whose value has the pointer at an address. What a variable
// points at from the start of the program lies beside it, without a name: via has the pointers that
// lead there.
func (g *graph) variable(addr uint64) (v symbols.Variable, via []uint64, ok bool) {
	const most, far = 8, 1 << 12
	for len(via) < most {
		if v, ok = g.symbols.Variable(addr); ok && !strings.Contains(v.Name, "..") { // otherwise the compiler made it
			slices.Reverse(via)
			return v, via, true
		}
		i, found := slices.BinarySearchFunc(g.static, addr, func(p static, addr uint64) int { return cmp.Compare(p.to, addr) })
		if !found {
			i--
		}
		if i < 0 || addr-g.static[i].to > far {
			break
		}
		addr = g.static[i].from
		via = append(via, addr)
	}
	return v, nil, false
}

// A static is a pointer from a variable to one.
type static struct{ from, to uint64 }

// findStatic lists the pointers from variables to variables.
func (g *graph) findStatic() {
	d := g.dump
	inside := func(addr uint64) bool {
		return slices.ContainsFunc(d.Segments, func(s heapdump.Segment) bool { return addr >= s.Addr && addr < s.Addr+uint64(len(s.Bytes)) })
	}
	for i := range d.Segments {
		s := &d.Segments[i]
		for offset := range d.SegmentPointers(s) {
			if to := d.Word(s.Bytes, offset); inside(to) {
				g.static = append(g.static, static{s.Addr + uint64(offset), to})
			}
		}
	}
	slices.SortStableFunc(g.static, func(a, b static) int { return cmp.Compare(a.to, b.to) })
}
