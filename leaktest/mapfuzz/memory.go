package mapfuzz

import (
	"fmt"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"
	"unsafe"
	"weak"

	"github.com/leakassert/leakassert/internal/alloctype"
	"github.com/leakassert/leakassert/internal/mapdrive"
	"github.com/leakassert/leakassert/internal/retain"
	"github.com/leakassert/leakassert/internal/session"
	"github.com/leakassert/leakassert/memassert"
)

const (
	// released is how many values are stored and removed.
	released = 64
	// releaseTime is how long the collector has to free them.
	releaseTime = 500 * time.Millisecond
	// steadyKeys is how many keys are stored and deleted again and again.
	steadyKeys = 128
)

// removals lists the operations that remove or replace entries.
var removals = []mapdrive.Kind{mapdrive.Delete, mapdrive.Store, mapdrive.LoadAndDelete, mapdrive.Swap, mapdrive.Clear}

// release checks that deleted keys and values become garbage, if they are pointers, strings or of
// type any.
func (h *harness[K, V]) release(r *run) *mapdrive.Failure {
	vals, keys := pointees(reflect.TypeFor[V](), h.settings.vals), pointees(reflect.TypeFor[K](), h.settings.keys)
	if len(vals)+len(keys) == 0 && len(h.only) > 0 {
		r.notes = append(r.notes, "release: neither keys nor values are pointers, strings or any that the driver makes: there is nothing to see")
	}
	for _, by := range removals {
		if !r.d.New().Has(by) {
			continue
		}
		for _, elem := range vals {
			n := min(released, len(h.tables.keys))
			left, holder := kept(r.d, &r.notes, h.newMap(), by, n, func() (*tables[K, V], []weak.Pointer[byte]) {
				vals, alive := fresh[V](elem, 2*n) // also for the values that replace others
				return &tables[K, V]{keys: h.tables.keys, vals: vals}, alive[:n]
			})
			if f := r.judged(left, n, by, "values", elem, holder); f != nil {
				return f
			}
		}
		if by == mapdrive.Store || by == mapdrive.Swap {
			continue // these operations keep the keys
		}
		for _, elem := range keys {
			left, holder := kept(r.d, &r.notes, h.newMap(), by, released, func() (*tables[K, V], []weak.Pointer[byte]) {
				keys, alive := fresh[K](elem, released)
				return &tables[K, V]{keys: keys, vals: h.tables.vals}, alive
			})
			if f := r.judged(left, released, by, "keys", elem, holder); f != nil {
				return f
			}
		}
	}
	return nil
}

// kept stores objects in a map, removes them, and returns how many are not freed, and what in the map
// refers to one of several. objects returns n keys, and values, to which nothing else refers.
func kept[K comparable, V any](d *mapdrive.Driver, notes *[]string, m Map[K, V], by mapdrive.Kind, n int, objects func() (*tables[K, V], []weak.Pointer[byte])) (left int, holder string) {
	alive := func() []weak.Pointer[byte] {
		defer d.Busy()()
		t, alive := objects()
		target := t.target(m)
		for i := range n {
			target.Do(mapdrive.Op{Kind: mapdrive.Store, Key: i, Val: i % len(t.vals)})
		}
		for i := range n {
			if by != mapdrive.Clear || i == n-1 {
				target.Do(mapdrive.Op{Kind: by, Key: i, Val: (n + i) % len(t.vals)})
			}
		}
		m.Range(func(K, V) bool { return true }) // finish what the map has put off
		return alive
	}()
	before := n
	for end, cycles := time.Now().Add(releaseTime), 1; ; cycles++ {
		runtime.GC()
		alive = slices.DeleteFunc(alive, func(w weak.Pointer[byte]) bool { return w.Value() == nil })
		// It takes two collections to free what a sync.Pool keeps, and a third one to show it.
		if left = len(alive); left == 0 || cycles >= 3 && (time.Now().After(end) || left == 1 && before == 1) {
			if left > 1 {
				var note string
				if holder, note = holderOf(m, alive); note != "" {
					*notes = append(*notes, note)
				}
			}
			runtime.KeepAlive(m)
			return left, holder
		}
		before = left
	}
}

// underTest refers to the map whose insides are looked through, so that the way to an object in it
// begins at a name.
var underTest struct {
	sync.Mutex
	m any
}

// holderOf returns what in the map refers to one of the objects that are alive, "" if it is not known.
// The note says why.
func holderOf(m any, alive []weak.Pointer[byte]) (holder, note string) {
	underTest.Lock()
	defer underTest.Unlock()
	underTest.m = m
	defer func() { underTest.m = nil }()
	env, _ := session.Environment() // mapfuzz.Test has reported the error
	for _, w := range alive {
		if object := uintptr(unsafe.Pointer(w.Value())); object != 0 {
			paths, note := retain.Holders(env.Symbols, retain.Object{Address: object})
			if _, inMap, ok := strings.Cut(paths[0].Text, "underTest.m"); ok {
				return "the map" + inMap, note
			}
			return "", note
		}
	}
	return "", ""
}

// judged distinguishes a map that keeps only the last object from one that keeps all.
func (r *run) judged(left, n int, by mapdrive.Kind, what string, elem reflect.Type, holder string) *mapdrive.Failure {
	way := by.String()
	if by == mapdrive.Store {
		way = "Store of another value"
	}
	if left > 1 {
		f := &mapdrive.Failure{What: fmt.Sprintf("after %s the map keeps %d of %d %s (%v): they are not garbage", way, left, n, what, elem)}
		if holder != "" {
			f.Stacks = []string{"kept by " + holder}
		}
		return f
	}
	if left == 1 {
		r.notes = append(r.notes, fmt.Sprintf("after %s the map keeps one of %d %s (%v), until something takes its place", way, n, what, elem))
	}
	return nil
}

// fresh makes n values to which nothing else refers.
func fresh[T any](elem reflect.Type, n int) (all []T, alive []weak.Pointer[byte]) {
	all, alive = make([]T, n), make([]weak.Pointer[byte], n)
	for i := range n {
		v := reflect.ValueOf(&all[i]).Elem()
		if v.Kind() == reflect.String {
			s := fmt.Sprintf("%064d", i)
			v.Set(reflect.ValueOf(s).Convert(elem))
			alive[i] = weak.Make(unsafe.StringData(s))
			continue
		}
		p := reflect.New(elem)
		v.Set(p)
		alive[i] = weak.Make((*byte)(p.UnsafePointer()))
	}
	return all, alive
}

// pointees returns the types to which values of type t can point, in the sizes that matter. It
// returns none if weak pointers can't show whether they are freed: small objects without pointers
// share their memory with others.
func pointees(t reflect.Type, option any) []reflect.Type {
	switch {
	case option != nil: // the driver does not know what else refers to the option's values
		return nil
	case t.Kind() == reflect.Interface && t.NumMethod() == 0:
		return []reflect.Type{reflect.TypeFor[struct{ _ *byte }](), reflect.TypeFor[[4]uintptr](), reflect.TypeFor[[512]*byte]()}
	case t.Kind() == reflect.Pointer && (t.Elem().Size() >= 16 || t.Elem().Size() > 0 && alloctype.HasPointers(t.Elem())):
		return []reflect.Type{t.Elem()}
	case t.Kind() == reflect.String:
		return []reflect.Type{t}
	}
	return nil
}

// steady checks that a map which is filled and emptied again and again does not take more memory
// each time. It notes what NoGrowth can't judge.
func (r *run) steady() *mapdrive.Failure {
	d := r.d
	m := d.New()
	n := 0
	keys := min(steadyKeys, d.Keys)
	q := &quiet{TB: r.t, notes: &r.notes}
	memassert.NoGrowth(q, func() {
		defer d.Busy()()
		n++
		for k := range keys {
			m.Do(mapdrive.Op{Kind: mapdrive.Store, Key: k, Val: (n + k) % d.Vals})
		}
		for k := range keys {
			m.Do(mapdrive.Op{Kind: mapdrive.Delete, Key: k})
		}
	}, memassert.Budget(r.budget/4+time.Millisecond), memassert.Settle(200*time.Millisecond))
	if q.text == "" {
		return nil
	}
	return &mapdrive.Failure{What: fmt.Sprintf("the memory grows, though %d keys are stored and deleted again and again", keys), Stacks: strings.Split(q.text, "\n")}
}

// quiet records what is reported to a test.
type quiet struct {
	TB
	text  string
	notes *[]string
}

func (q *quiet) Errorf(format string, args ...any) { q.text = fmt.Sprintf(format, args...) }
func (q *quiet) Failed() bool                      { return false }
func (q *quiet) Logf(format string, args ...any) {
	*q.notes = append(*q.notes, "steady: "+fmt.Sprintf(format, args...))
}
