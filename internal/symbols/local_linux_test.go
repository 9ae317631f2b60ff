//go:build amd64 || arm64

package symbols_test

import (
	"iter"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"unsafe"

	"github.com/leakassert/leakassert/internal/heapdump"
	"github.com/leakassert/leakassert/internal/symbols"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A blocker stops the goroutines of TestLocal where the test looks at them.
type blocker struct {
	ready, stop chan bool
	held        map[string]uint64 // what the variables point at, by name
}

func (b *blocker) wait() { b.ready <- true; <-b.stop }

// hold records what a variable points at, without keeping it.
//
//go:noinline
func (b *blocker) hold(name string, p unsafe.Pointer) { b.held[name] = uint64(uintptr(p)) }

//go:noinline
func (b *blocker) heldServer(name string) *server {
	s := new(server)
	b.hold(name, unsafe.Pointer(s))
	return s
}

// What these functions return is on the heap.
//
//go:noinline
func newList() []*server { return make([]*server, 100) }

//go:noinline
func newMap() map[string]*server { return make(map[string]*server, 100) }

//go:noinline
func (b *blocker) fill(s *server, name string) {
	s.sessions = make([]*node[string], 100)
	b.hold(name, unsafe.Pointer(&s.sessions[0]))
	b.wait()
	runtime.KeepAlive(s)
}

//go:noinline
func locals(b *blocker) {
	pointer := b.heldServer("pointer")
	value := server{base{len(b.held)}, make([]*node[string], 100)}
	b.hold("value", unsafe.Pointer(&value.sessions[0]))
	list := make([]*server, 100+len(b.held))
	b.hold("list", unsafe.Pointer(&list[0]))
	boxed := any(pointer)
	if array := new([2]*server); len(b.held) > 0 {
		b.hold("boxed", unsafe.Pointer(array))
		boxed = array
	}
	text := strings.Repeat("a", 100+len(b.held))
	b.hold("text", unsafe.Pointer(unsafe.StringData(text)))
	byName := newMap()
	b.hold("byName", reflect.ValueOf(byName).UnsafePointer())
	b.wait()
	pointer.id, value.id = len(list), len(byName)
	list[0], list[1] = pointer, &server{sessions: value.sessions}
	byName[text], _ = boxed.(*server)
	runtime.KeepAlive(byName)
	runtime.KeepAlive(text)
	runtime.KeepAlive(boxed)
	runtime.KeepAlive(list)
	runtime.KeepAlive(pointer)
}

//go:noinline
func parameters(b *blocker, pointer *server, list []*server) {
	b.wait()
	pointer.id, list[0] = len(list), pointer
}

//go:noinline
func addressed(b *blocker) {
	var one server
	b.fill(&one, "one")
	runtime.KeepAlive(one)
}

var sink any

//go:noinline
func escaped(b *blocker) {
	var one server
	b.hold("one", unsafe.Pointer(&one))
	sink = &one
	b.wait()
	one.id++
}

func inlined(b *blocker, inner *server) {
	b.wait()
	inner.id++
}

//go:noinline
func outer(b *blocker) {
	own := b.heldServer("own")
	inlined(b, b.heldServer("inner"))
	own.id++
}

//go:noinline
func shaped[T any](b *blocker, value T) T {
	kept := make([]T, 1, 100)
	sink, kept[0] = kept, value
	b.hold("kept", unsafe.Pointer(&kept[0]))
	b.wait()
	return kept[0]
}

// The compiler may give both variables the same memory.
//
//go:noinline
func sharing(b *blocker, second bool) {
	var one struct {
		pad [20]int
		of  server
	}
	if !second {
		b.fill(&one.of, "one")
	}
	runtime.KeepAlive(one)
	var two struct {
		pad [20]int
		of  server
	}
	if second {
		b.fill(&two.of, "two")
	}
	runtime.KeepAlive(two)
}

func TestLocal(t *testing.T) {
	own := self(t)
	cases := []struct {
		why, function string
		run           func(b *blocker)
		words         bool     // look at all words of the frame
		want          []string // of what is held, with types
	}{
		{"local variables", "locals", locals, false, []string{
			"pointer *symbols_test.server", "value symbols_test.server", "list []*symbols_test.server", "boxed interface {}",
			"text string", "byName map[string]*symbols_test.server",
		}},
		{"parameters", "parameters", func(b *blocker) {
			list := newList()
			b.hold("list", unsafe.Pointer(&list[0]))
			parameters(b, b.heldServer("pointer"), list)
		}, false, []string{"pointer *symbols_test.server", "list []*symbols_test.server"}},
		{"its address is taken", "addressed", addressed, true, []string{"one symbols_test.server"}},
		{"moved to the heap", "escaped", escaped, false, []string{"one *symbols_test.server"}},
		{"an inlined call", "outer", outer, false, []string{"own *symbols_test.server", "inner *symbols_test.server"}},
		{"a generic function", "shaped", func(b *blocker) { shaped(b, new(server)) }, false, []string{"kept []unsafe.Pointer"}},
		{"the variable that shares memory comes later", "sharing", func(b *blocker) { sharing(b, false) }, true, []string{"one struct { pad [20]int; of symbols_test.server }"}},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			b := &blocker{make(chan bool), make(chan bool), make(map[string]uint64)}
			done := make(chan bool)
			go func() { c.run(b); close(done) }()
			<-b.ready
			d, err := heapdump.Take()
			close(b.stop)
			<-done
			require.NoError(t, err)
			defer d.Close()
			got := make(map[string]symbols.Local)
			for l, to := range variables(own, d, c.function, c.words) {
				held, ok := b.held[l.Name]
				if ok && !c.words {
					assert.Equal(t, held, to, l.Name)
				}
				if ok && to == held {
					got[l.Name] = l
				}
			}
			var names []string
			for name, l := range got {
				names = append(names, name+" "+l.Type.Name())
			}
			assert.ElementsMatch(t, c.want, names)
		})
	}
}

// A variable is not taken for another one that had the same memory before, and nothing else has a name.
func TestLocalNone(t *testing.T) {
	own := self(t)
	b := &blocker{make(chan bool), make(chan bool), make(map[string]uint64)}
	done := make(chan bool)
	go func() { sharing(b, true); close(done) }()
	<-b.ready
	d, err := heapdump.Take()
	close(b.stop)
	<-done
	require.NoError(t, err)
	defer d.Close()
	for l, to := range variables(own, d, "sharing", true) {
		assert.False(t, to == b.held["two"] && l.Name != "two", l.Name)
	}

	entry := uint64(reflect.ValueOf(locals).Pointer())
	for _, pc := range []uint64{0, ^uint64(0), entry, address(&sink)} {
		for offset := uint64(0); offset < 256; offset += 8 {
			_, ok := own.Local(pc, 1<<20, 1<<20-offset)
			assert.False(t, ok)
		}
	}
}

// variables yields the variables of the call of a function, and what they point at.
func variables(b *symbols.Binary, d *heapdump.Dump, function string, words bool) iter.Seq2[symbols.Local, uint64] {
	return func(yield func(symbols.Local, uint64) bool) {
		for _, g := range d.Goroutines {
			for i, f := range g.Frames {
				_, name, _ := strings.Cut(f.Func, "symbols_test.")
				if name, _, _ = strings.Cut(name, "["); name != function {
					continue
				}
				cfa := f.SP + uint64(len(f.Bytes))
				for _, in := range g.Frames[i : i+2] { // parameters are in the frame of the caller
					refs := d.FrameRefs(&in)
					if words {
						refs = d.FrameWords(&in)
					}
					for offset := range refs {
						if l, ok := b.Local(f.PC, cfa, in.SP+uint64(offset)); ok && !yield(l, d.Word(in.Bytes, offset)) {
							return
						}
					}
				}
			}
		}
	}
}
