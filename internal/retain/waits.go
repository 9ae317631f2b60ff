package retain

import (
	"cmp"
	"reflect"
	"runtime"
	"strings"

	"github.com/leakassert/leakassert/internal/gotype"
	"github.com/leakassert/leakassert/internal/heapdump"
)

// A Waiting is what a blocked goroutine waits for.
type Waiting struct {
	Waits []Wait
	// Proven says that nothing can wake it: everything that it waits for is only referred to by
	// goroutines that nothing can wake.
	Proven bool
}

// A Wait is one of several things that a goroutine waits for.
type Wait struct {
	// On is the type: "chan string", "sync.Mutex". It is "a nil channel", or "nothing" for a select
	// without cases.
	On string
	// HeldBy is the way to it, "" if nothing is known to hold it.
	HeldBy string
	// Nobody says that only goroutines that nothing can wake refer to it.
	Nobody bool
	// Never says that it never comes, as from a nil channel.
	Never bool
}

// Waits returns what goroutines wait for: the channels of an operation or select, or what a call of
// package sync waits for. It has nothing for goroutines that wait for something else.
func (v *View) Waits(goroutines []uint64) map[uint64]Waiting {
	asked := make(map[uint64]bool)
	for _, id := range goroutines {
		asked[id] = true
	}
	w := waiters{g: newGraph(v.Dump, v.names), spelled: make(map[uint64]string)}
	w.speller = &speller{g: w.g}
	for name, t := range map[string]**gotype.Type{"runtime.g": &w.routine, "runtime.sudog": &w.sudog, "runtime.hchan": &w.hchan} {
		var ok bool
		if *t, ok = gotype.StructNamed(name); !ok {
			return nil
		}
	}
	w.findBlocked()
	stuck := w.stuck()
	// A goroutine does not hold what it waits for. The ways are from anything but the goroutines that
	// were asked about, and otherwise from those of them that can be woken.
	w.search(func(id uint64) bool { return asked[id] || stuck[id] })
	found := make(map[uint64]Waiting)
	for i := range w.blocked {
		b := &w.blocked[i]
		if !asked[b.ID] {
			continue
		}
		f := Waiting{Proven: stuck[b.ID]}
		for _, on := range b.on {
			f.Waits = append(f.Waits, Wait{on.what, w.heldBy(on, f.Proven), f.Proven || on.never, on.never})
		}
		found[b.ID] = f
	}
	w.search(func(id uint64) bool { return stuck[id] })
	for i := range w.blocked {
		b := &w.blocked[i]
		for k, on := range b.on {
			if wait := found[b.ID].Waits; asked[b.ID] && !stuck[b.ID] && wait[k].HeldBy == "" && !w.heldByItself(b, on) {
				wait[k].HeldBy = w.heldBy(on, false)
			}
		}
	}
	return found
}

// search finds the ways from all roots but those of some goroutines.
func (w *waiters) search(without func(id uint64) bool) {
	clear(w.spelled)
	w.g.search(func(r *root) bool {
		return refers(r) && r.rank < ofRuntime && (r.goroutine == nil || !without(r.goroutine.ID))
	}, w.deadEnds...)
}

// refers reports whether the collector follows a root. Others are words that may be pointers.
func refers(r *root) bool { return r.rank != inChecks && r.rank != onStack }

type waiters struct {
	*speller
	g                     *graph
	routine, sudog, hchan *gotype.Type
	blocked               []blocked
	deadEnds              []int32
	spelled               map[uint64]string // the way to an address
}

// A blocked is a goroutine that waits for others.
type blocked struct {
	*heapdump.Goroutine
	on []awaited
}

// An awaited is what a goroutine waits for.
type awaited struct {
	what  string
	at    uint64 // its address, 0 if it has none
	never bool   // it never comes
}

// findBlocked finds what each goroutine waits for. It also finds what no way leads through: the
// runtime's goroutines, and what the runtime keeps of each that waits. They refer only to what the
// goroutine's own stack refers to.
func (w *waiters) findBlocked() {
	for i := range w.g.dump.Goroutines {
		gr := &w.g.dump.Goroutines[i]
		if o, ok := w.g.dump.Find(gr.Addr); ok {
			w.deadEnds = append(w.deadEnds, int32(o))
		}
		if on := w.awaits(gr); len(on) > 0 && !gr.System {
			w.blocked = append(w.blocked, blocked{gr, on})
		}
	}
}

// field returns the words of a field in a struct at an address, which may be of several words.
func (w *waiters) field(t *gotype.Type, at uint64, name string) (words []uint64) {
	for _, f := range t.Fields() {
		if f.Name != name {
			continue
		}
		for offset := int64(0); offset+8 <= max(8, f.Type.Size()); offset += 8 {
			if word, ok := w.at(at).word(w.speller, at+uint64(f.Offset+offset)); ok && word != 0 {
				words = append(words, word)
			}
		}
	}
	return words
}

// awaits returns what a goroutine waits for. The runtime has a sudog for each channel, and for the
// semaphore or list of what a call of package sync waits for.
func (w *waiters) awaits(gr *heapdump.Goroutine) (on []awaited) {
	switch {
	case strings.HasSuffix(gr.Waiting, "(nil chan)"):
		return []awaited{{what: "a nil channel", never: true}}
	case gr.Waiting == "select (no cases)":
		return []awaited{{what: "nothing", never: true}}
	case strings.HasPrefix(gr.Waiting, "chan "), strings.HasPrefix(gr.Waiting, "select"), strings.HasPrefix(gr.Waiting, "sync."):
	default:
		return nil
	}
	known := make(map[uint64]bool)
	for next := w.field(w.routine, gr.Addr, "waiting"); len(next) > 0; {
		s := next[0]
		owner := w.field(w.sudog, s, "g")
		if known[s] || len(owner) == 0 || owner[0] != gr.Addr {
			break
		}
		known[s] = true
		if o, ok := w.g.dump.Find(s); ok {
			w.deadEnds = append(w.deadEnds, int32(o))
		}
		next = w.field(w.sudog, s, "waitlink")
		if c := w.field(w.sudog, s, "c"); len(c) > 0 {
			if t, ok := w.channel(c[0]); ok && !known[c[0]] {
				known[c[0]] = true
				on = append(on, awaited{what: "chan " + t.Name(), at: c[0]})
			}
			continue
		}
		if at := w.field(w.sudog, s, "elem"); len(at) > 0 {
			on = append(on, awaited{what: nameOfSync(gr.Frames), at: at[0]})
		}
	}
	return on
}

// channel returns the element's type of a channel at an address.
func (w *waiters) channel(at uint64) (*gotype.Type, bool) {
	for _, word := range w.field(w.hchan, at, "elemtype") {
		if t, ok := gotype.OfRuntime(word); ok {
			return t, true
		}
	}
	return nil, false
}

// nameOfSync returns the type of package sync that a goroutine waits for: that of the method which
// the program has called. Only a call of Cond.Wait can wait for another one, its lock.
func nameOfSync(frames []heapdump.Frame) (name string) {
	pcs := make([]uintptr, len(frames))
	for i, f := range frames {
		pcs[i] = uintptr(f.PC)
	}
	calls := runtime.CallersFrames(pcs) // with those that are inlined, which a dump does not have
	for within, more := false, len(pcs) > 0; more; {
		var f runtime.Frame
		f, more = calls.Next()
		of := strings.TrimPrefix(f.Function, "internal/")
		if !strings.HasPrefix(of, "sync.") {
			if within {
				break
			}
			continue
		}
		within = true
		method, ok := strings.CutPrefix(of, "sync.(*")
		if typ, _, _ := strings.Cut(method, ")"); ok && (name == "" || typ != "Cond") {
			name = "sync." + typ
		}
	}
	return cmp.Or(name, "package sync")
}

// fieldOf returns the field, ".pool.mu", at an offset in a value of a type.
func fieldOf(t *gotype.Type, offset uint64) (path string) {
	for t != nil && t.Kind() == reflect.Struct && t.Pkg() != "sync" {
		f, ok := t.FieldAt(int64(offset))
		if !ok {
			break
		}
		path += "." + f.Name
		t, offset = f.Type, offset-uint64(f.Offset)
	}
	return path
}
