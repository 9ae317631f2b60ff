// Package weakwatch is the probe for single objects that must be garbage when a test ends.
package weakwatch

import (
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"slices"
	"sync"
	"unsafe"
	"weak"

	"github.com/leakassert/leakassert/internal/alloctype"
	"github.com/leakassert/leakassert/internal/heapobject"
	"github.com/leakassert/leakassert/internal/memprofile"
	"github.com/leakassert/leakassert/internal/names"
	"github.com/leakassert/leakassert/internal/probe"
	"github.com/leakassert/leakassert/internal/procstate"
	"github.com/leakassert/leakassert/internal/retain"
	"github.com/leakassert/leakassert/internal/stored"
)

// Kind is the kind of the probe's leaks: the objects are the heap's.
const Kind = "heap"

// An Object must be dead when the test ends.
type Object struct {
	typ  reflect.Type
	addr func() uintptr // 0 once the object is dead
	at   probe.Frame    // the call that watches it
}

// NewObject returns the object that p points at, of which it keeps only a weak pointer. The error
// says why a weak pointer can't show that the object is dead.
func NewObject[T any](p *T) (Object, error) {
	typ := reflect.TypeFor[T]()
	if err := watchable(unsafe.Pointer(p), typ); err != nil {
		return Object{}, err
	}
	w := weak.Make(p)
	return Object{typ: typ, addr: func() uintptr { return uintptr(unsafe.Pointer(w.Value())) }, at: caller()}, nil
}

// caller returns the innermost call outside of this library.
func caller() probe.Frame {
	var pcs [16]uintptr
	calls := memprofile.Frames(pcs[:runtime.Callers(1, pcs[:])])
	for _, f := range calls {
		if !names.OfLibrary(f.Func) {
			return f
		}
	}
	return calls[len(calls)-1]
}

// watchable returns an error if a weak pointer can't show that the object at p, of type t, has been
// collected.
func watchable(p unsafe.Pointer, t reflect.Type) error {
	switch {
	case p == nil:
		return errors.New("the pointer is nil")
	case t.Size() == 0:
		return fmt.Errorf("a %v takes no memory: all of them are at one address, which is never freed", t)
	case t.Size() < 16 && !alloctype.HasPointers(t):
		return fmt.Errorf("a %v is small and has no pointers: it shares a block of 16 bytes with others, and the block is freed with the last of them; watch what holds it", t)
	}
	base, known := heapobject.Base(p)
	switch {
	case !known:
		return nil
	case base == 0:
		return errors.New("it is not in the heap: a package's variable is never freed")
	case base != uintptr(p) && !(base == uintptr(p)-header && headed(t)):
		return fmt.Errorf("it is %d bytes inside of a larger object, as a field or an element, and is freed with that object: watch the object", uintptr(p)-base)
	}
	return nil
}

// header is the size of what the runtime puts before a headed object, in its block.
const header = 8

// headed reports whether the runtime puts a header before objects of a type. It does for types with
// pointers whose size is between the limits for bitmaps and for spans.
func headed(t reflect.Type) bool {
	const word = unsafe.Sizeof(uintptr(0))
	const bitmap, span = 8 * word * word, 32 << 10
	return bitmap < t.Size() && t.Size() <= span-header && alloctype.HasPointers(t)
}

// watching holds the tests whose objects are watched.
var watching = struct {
	sync.Mutex
	tests map[any]*Objects
}{tests: make(map[any]*Objects)}

// Add adds an object to those of a test. For the first object of the test it returns them. The
// caller must then check them at the test's end, and make the package forget them.
func Add(test any, o Object) (first *Objects) {
	watching.Lock()
	defer watching.Unlock()
	w := watching.tests[test]
	if w == nil {
		w = &Objects{}
		watching.tests[test], first = w, w
	}
	w.Lock()
	defer w.Unlock()
	w.all = append(w.all, o)
	w.looked = false
	return first
}

func Forget(test any) {
	watching.Lock()
	defer watching.Unlock()
	delete(watching.tests, test)
}

// Objects is the probe, and the watch, for the objects of one test.
type Objects struct {
	sync.Mutex
	all    []Object
	looked bool // since the last object was added
	scope  probe.Scope
	note   string
}

func (w *Objects) Kind() string { return Kind }
func (w *Objects) Start(s probe.Scope) (probe.Watch, error) {
	w.Lock()
	defer w.Unlock()
	w.scope = s
	return w, nil
}
func (w *Objects) Forces() {}
func (w *Objects) Stop()   {}

// Grown collects garbage and returns the objects that are still alive, grouped by type.
func (w *Objects) Grown() (leaks []probe.Leak, err error) {
	w.Lock()
	defer w.Unlock()
	if w.looked {
		procstate.CloseIdleConnections()
	}
	w.looked = true
	runtime.GC()
	all := make(map[reflect.Type]int64)
	for _, o := range w.all {
		all[o.typ]++
	}
	for _, o := range w.all {
		if o.addr() == 0 {
			continue
		}
		i := slices.IndexFunc(leaks, func(l probe.Leak) bool { return l.Resource == o.typ })
		if i < 0 {
			i = len(leaks)
			leaks = append(leaks, probe.Leak{Kind: Kind, ID: fmt.Sprint("watched ", o.typ), Unit: "object", Owned: true, Resource: o.typ})
		}
		l := &leaks[i]
		l.Count++
		l.Columns = []string{fmt.Sprintf("%d of %d *%v still alive", l.Count, all[o.typ], o.typ)}
		if all[o.typ] == 1 {
			l.Columns = []string{fmt.Sprintf("*%v still alive", o.typ)}
		}
		if len(l.Frames) < mostPlaces && !slices.Contains(l.Frames, o.at) {
			l.Frames = append(l.Frames, o.at)
			l.AddEvidence("watched", names.Call(o.at)...)
		}
	}
	return leaks, nil
}

// Explain adds what keeps the objects.
func (w *Objects) Explain(leaks []probe.Leak) []probe.Leak {
	w.Lock()
	defer w.Unlock()
	for i := range leaks {
		leaks[i].Stores = &stored.Container{}
		leaks[i].SetPlace(fmt.Sprintf("*%v", leaks[i].Resource))
	}
	err := retain.Look(w.scope.Symbols, func(view *retain.View) { w.keepers(view, leaks) })
	if err != nil {
		w.note = fmt.Sprintf("heap: what keeps the objects is not known: %v", err)
	}
	return leaks
}

func (w *Objects) keepers(view *retain.View, leaks []probe.Leak) {
	if view.Note != "" {
		w.note = "heap: what keeps the objects has " + view.Note
	}
	groups := make([][]int, len(leaks))
	for i, l := range leaks {
		for _, o := range w.all {
			if o.typ == l.Resource {
				if at, ok := view.Dump.Find(uint64(o.addr())); ok {
					groups[i] = append(groups[i], at)
				}
			}
		}
	}
	for i, p := range view.Find(groups).Paths {
		if p.Text != "" {
			leaks[i].AddWay("kept by", p.Text, p.Steps)
			leaks[i].Stores = &p.Stores
		}
	}
}

// Notes says why it is not known what keeps the objects.
func (w *Objects) Notes() []string {
	if w.note == "" {
		return nil
	}
	return []string{w.note}
}

// mostPlaces is how many of the calls that watch objects of one type are shown.
const mostPlaces = 4
