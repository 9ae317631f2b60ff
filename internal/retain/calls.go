package retain

import (
	"fmt"
	"runtime"
	"slices"
	"strings"

	"github.com/leakassert/leakassert/internal/heapdump"
	"github.com/leakassert/leakassert/internal/names"
)

// calls adds what the calls of a goroutine refer to.
func (g *graph) calls(gr *heapdump.Goroutine) {
	pointedAt := g.pointedAt(gr)
	type part struct {
		frame *heapdump.Frame
		rank  rank
	}
	var found []root
	index := make(map[part]int)
	add := func(r *root, rank rank, addr uint64, object int) {
		i, ok := index[part{r.frame, rank}]
		if !ok {
			i = len(found)
			index[part{r.frame, rank}] = i
			found = append(found, *r)
			found[i].rank = rank
		}
		found[i].refs = append(found[i].refs, ref{int(addr - r.frame.SP), int32(object)})
	}
	var callee *root // of the call that the frame waits for; its parameters are in the frame
	for i := range gr.Frames {
		f := &gr.Frames[i]
		if f.Dead {
			callee = nil
			continue
		}
		r := &root{rank: rankOfCall(gr, f), name: f.Func, goroutine: gr, frame: f, pc: continues(gr, i)}
		refs := g.dump.FrameRefs(f)
		if pointedAt[i] && r.rank != ofChecks {
			refs = g.dump.FrameWords(f)
		}
		for offset, o := range refs {
			addr := f.SP + uint64(offset)
			if rank := g.rankOfPlace(callee, addr); rank != unnamed {
				add(callee, rank, addr, o)
			} else if r.rank == ofGoroutine {
				add(r, g.rankOfPlace(r, addr), addr, o)
			} else {
				add(r, r.rank, addr, o)
			}
		}
		if pointedAt[i] && r.rank == ofChecks && !ofDumper(f) {
			for offset, o := range g.dump.FrameWords(f) {
				rank := amongChecks
				if g.ofProgram(o) { // a body
					rank = ofChecks
				}
				add(r, rank, f.SP+uint64(offset), o)
			}
		}
		for offset, o := range g.dump.FrameWords(f) {
			if r.rank == ofChecks {
				add(r, inChecks, f.SP+uint64(offset), o)
			} else {
				add(r, onStack, f.SP+uint64(offset), o)
			}
		}
		if callee = nil; r.rank == ofGoroutine {
			callee = r
		}
	}
	for _, r := range found {
		g.addRoot(r)
	}
	r := root{rank: ofGoroutine, name: "a goroutine", goroutine: gr}
	if gr.System {
		r.rank = ofRuntime
	}
	for i := range gr.Frames {
		if f := &gr.Frames[i]; f.Func != "runtime.goexit" { // the last one is where the goroutine began
			r.rank, r.name = rankOfCall(gr, f), fmt.Sprintf("goroutine %d, %s", gr.ID, names.Func(f.Func))
		}
	}
	for _, addr := range slices.Concat([]uint64{gr.Context}, gr.Deferred, gr.Records, gr.Panics) {
		if o, ok := g.dump.Find(addr); ok {
			r.refs = append(r.refs, ref{-1, int32(o)})
		}
	}
	g.addRoot(r)
}

// ofDumper reports whether a frame belongs to a function that takes the dump. Its variables refer to
// nothing of the program.
func ofDumper(f *heapdump.Frame) bool {
	of, ours := strings.CutPrefix(f.Func, names.Module+"internal/")
	pkg, _, _ := strings.Cut(of, ".")
	return ours && slices.Contains([]string{"heapdump", "retain", "procstate"}, pkg)
}

// A local is a place on the stack, from the end of the frame of a call.
type local struct {
	pc  uint64
	off int64
}

// rankOfPlace returns the rank of a place on the stack as a variable of a call of the program.
func (g *graph) rankOfPlace(r *root, addr uint64) rank {
	if r == nil {
		return unnamed
	}
	cfa := r.frame.SP + uint64(len(r.frame.Bytes))
	key := local{r.pc, int64(addr - cfa)}
	of, known := g.locals[key]
	if !known {
		of = unnamed
		if l, ok := g.symbols.Local(r.pc, cfa, addr); ok {
			of = rankOfLocal(l.Type)
		}
		g.locals[key] = of
	}
	return of
}

// ofProgram reports whether an object is the value of a function of the program.
func (g *graph) ofProgram(object int) bool {
	entry := g.dump.Word(g.dump.Bytes(object), 0)
	f := runtime.FuncForPC(uintptr(entry))
	if f == nil || uint64(f.Entry()) != entry {
		return false
	}
	pkg := names.Package(f.Name())
	return !names.OfLibrary(f.Name()) && !isTesting(pkg) && !names.StdPackage(pkg)
}

// continues returns where a call of a goroutine continues. A call that a signal has interrupted
// continues with the instruction at its program counter, not after it.
func continues(gr *heapdump.Goroutine, i int) uint64 {
	f := &gr.Frames[i]
	if f.Conservative || i > 0 && gr.Frames[i-1].Func == "runtime.sigpanic" {
		return f.PC + 1
	}
	return f.PC
}

// pointedAt tells of each frame of a goroutine whether it has variables that live pointers on the
// stack point at. The dump does not say which of the frame's words these are, so all of them count.
func (g *graph) pointedAt(gr *heapdump.Goroutine) []bool {
	pointed := make([]bool, len(gr.Frames))
	var follow func(p uint64)
	follow = func(p uint64) {
		// The stack grows down, so the innermost frame has the lowest address.
		i, _ := slices.BinarySearchFunc(gr.Frames, p, func(f heapdump.Frame, p uint64) int {
			if f.SP+uint64(len(f.Bytes)) <= p {
				return -1
			}
			return 1
		})
		if i == len(gr.Frames) || p < gr.Frames[i].SP || pointed[i] {
			return
		}
		pointed[i] = true
		to := &gr.Frames[i]
		for offset := 0; offset+g.dump.PtrSize <= len(to.Bytes); offset += g.dump.PtrSize {
			follow(g.dump.Word(to.Bytes, offset))
		}
	}
	for i := range gr.Frames {
		for offset := range g.dump.FramePointers(&gr.Frames[i]) {
			follow(g.dump.Word(gr.Frames[i].Bytes, offset))
		}
	}
	for _, addr := range slices.Concat(gr.Deferred, gr.Records, gr.Panics) { // deferred calls are often on the stack
		follow(addr)
	}
	return pointed
}
