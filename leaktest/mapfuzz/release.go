package mapfuzz

import (
	"fmt"
	"reflect"
	"runtime"
	"strings"
	"time"
	"unsafe"
	"weak"

	"github.com/leakassert/leakassert/internal/mapdrive"
)

const (
	// released is how many values are stored and removed again.
	released = 64
	// releaseTime is how long the collector has to free them.
	releaseTime = 500 * time.Millisecond
)

// A removal is a way by which the map gives up all entries.
type removal[K comparable, V any] struct {
	name   string
	keys   bool // it gives up the keys, too
	remove func(m Map[K, V], k K, other func() V, last bool)
}

// release holds that keys and values which were deleted are garbage, if they are
// pointers, strings, or anything.
func release[K comparable, V any](d *mapdrive.Driver, newMap func() Map[K, V], tables *tables[K, V], o settings, notes *[]string) (f *mapdrive.Failure) {
	defer func() {
		if r := recover(); r != nil {
			f = &mapdrive.Failure{What: fmt.Sprintf("an operation panics: %v", r)}
		}
	}()
	vals, keys := pointees(reflect.TypeFor[V]()), pointees(reflect.TypeFor[K]())
	// What the options make can't be made so that nothing else refers to it.
	if o.vals != nil {
		vals = nil
	}
	if o.keys != nil {
		keys = nil
	}
	if len(vals)+len(keys) == 0 && len(o.only) > 0 {
		*notes = append(*notes, "release: neither keys nor values are pointers, strings or any that the driver makes: there is nothing to see")
	}
	for _, way := range removals(newMap()) {
		for _, elem := range vals {
			n := min(released, len(tables.keys))
			left := kept(d, newMap(), n, way, func(i int) (K, V, weak.Pointer[byte]) {
				v, w := fresh[V](elem)
				return tables.keys[i], v, w
			}, func() V { v, _ := fresh[V](elem); return v })
			if f := judged(left, n, way.name, "values", elem, notes); f != nil {
				return f
			}
		}
		for _, elem := range keys {
			if !way.keys {
				continue
			}
			left := kept(d, newMap(), released, way, func(int) (K, V, weak.Pointer[byte]) {
				k, w := fresh[K](elem)
				return k, tables.vals[0], w
			}, nil)
			if f := judged(left, released, way.name, "keys", elem, notes); f != nil {
				return f
			}
		}
	}
	return nil
}

func removals[K comparable, V any](m Map[K, V]) []removal[K, V] {
	ways := []removal[K, V]{
		{"Delete", true, func(m Map[K, V], k K, _ func() V, _ bool) { m.Delete(k) }},
		{"Store of another value", false, func(m Map[K, V], k K, other func() V, _ bool) { m.Store(k, other()) }},
	}
	if _, ok := m.(interface{ LoadAndDelete(K) (V, bool) }); ok {
		ways = append(ways, removal[K, V]{"LoadAndDelete", true, func(m Map[K, V], k K, _ func() V, _ bool) {
			m.(interface{ LoadAndDelete(K) (V, bool) }).LoadAndDelete(k)
		}})
	}
	if _, ok := m.(interface{ Swap(K, V) (V, bool) }); ok {
		ways = append(ways, removal[K, V]{"Swap", false, func(m Map[K, V], k K, other func() V, _ bool) {
			m.(interface{ Swap(K, V) (V, bool) }).Swap(k, other())
		}})
	}
	if _, ok := m.(interface{ Clear() }); ok {
		ways = append(ways, removal[K, V]{"Clear", true, func(m Map[K, V], _ K, _ func() V, last bool) {
			if last {
				m.(interface{ Clear() }).Clear()
			}
		}})
	}
	return ways
}

// kept is how many of n objects that were stored in a map and removed are not freed.
func kept[K comparable, V any](d *mapdrive.Driver, m Map[K, V], n int, way removal[K, V], next func(i int) (K, V, weak.Pointer[byte]), other func() V) (left int) {
	alive := func() []weak.Pointer[byte] {
		defer d.Busy()()
		keys := make([]K, n)
		alive := make([]weak.Pointer[byte], n)
		for i := range n {
			var v V
			keys[i], v, alive[i] = next(i)
			m.Store(keys[i], v)
		}
		for i, k := range keys {
			way.remove(m, k, other, i == n-1)
		}
		m.Range(func(K, V) bool { return true }) // whatever the map has put off
		return alive
	}()
	before := n
	for end, cycles := time.Now().Add(releaseTime), 1; ; cycles++ {
		runtime.GC()
		left = 0
		for _, w := range alive {
			if w.Value() != nil {
				left++
			}
		}
		// What a sync.Pool keeps takes two collections, and a third one tells.
		if left == 0 || cycles >= 3 && (time.Now().After(end) || left == 1 && before == 1) {
			runtime.KeepAlive(m)
			return left
		}
		before = left
	}
}

// judged tells a map that keeps what it was given last from one that keeps all.
func judged(left, n int, way, what string, elem reflect.Type, notes *[]string) *mapdrive.Failure {
	switch {
	case left == 0:
		return nil
	case left == 1:
		*notes = append(*notes, fmt.Sprintf("after %s the map keeps one of %d %s (%v), until something takes its place", way, n, what, elem))
		return nil
	}
	return &mapdrive.Failure{What: fmt.Sprintf("after %s the map keeps %d of %d %s (%v): they are not garbage", way, left, n, what, elem)}
}

// fresh makes something to which nothing else refers.
//
//go:noinline
func fresh[T any](elem reflect.Type) (x T, w weak.Pointer[byte]) {
	v := reflect.ValueOf(&x).Elem()
	if v.Kind() == reflect.String {
		s := strings.Repeat("x", stringSize-20) + fmt.Sprintf("%020d", time.Since(start))
		v.Set(reflect.ValueOf(s).Convert(elem))
		return x, weak.Make(unsafe.StringData(s))
	}
	p := reflect.New(elem)
	v.Set(p)
	return x, weak.Make((*byte)(p.UnsafePointer()))
}

var start = time.Now()

const stringSize = 64

// pointees are what values of a type can point at, in the sizes that make a
// difference; none where weak pointers can't tell what becomes of them.
func pointees(t reflect.Type) []reflect.Type {
	switch {
	case t.Kind() == reflect.Interface && t.NumMethod() == 0:
		return []reflect.Type{reflect.TypeFor[struct{ _ *byte }](), reflect.TypeFor[[4]uintptr](), reflect.TypeFor[[512]*byte]()}
	case t.Kind() == reflect.Pointer && (t.Elem().Size() >= 16 || t.Elem().Size() > 0 && pointers(t.Elem())):
		return []reflect.Type{t.Elem()}
	case t.Kind() == reflect.String:
		return []reflect.Type{t}
	}
	return nil
}

// pointers is whether values of a type have pointers in them: small ones that have
// not share their memory with others.
func pointers(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Struct:
		for f := range t.NumField() {
			if pointers(t.Field(f).Type) {
				return true
			}
		}
		return false
	case reflect.Array:
		return t.Len() > 0 && pointers(t.Elem())
	case reflect.Pointer, reflect.Interface, reflect.String, reflect.Slice, reflect.Map, reflect.Chan, reflect.Func, reflect.UnsafePointer:
		return true
	}
	return false
}
