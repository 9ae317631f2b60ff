package mapfuzz

import (
	"fmt"
	"reflect"
	"runtime"
	"time"
	"weak"

	"github.com/leakassert/leakassert/internal/mapdrive"
)

const (
	// released is how many values are stored and removed again.
	released = 64
	// releaseTime is how long the collector has to free them.
	releaseTime = 500 * time.Millisecond
)

// release holds that values which were deleted are garbage. It takes a map whose
// values are pointers, or anything.
func release[K comparable, V any](t TB, newMap func() Map[K, V], tables *tables[K, V], o settings) *mapdrive.Failure {
	elem := pointee(reflect.TypeFor[V]())
	if elem == nil {
		return nil
	}
	ways := map[string]func(m Map[K, V], keys []K){
		"Delete": func(m Map[K, V], keys []K) {
			for _, k := range keys {
				m.Delete(k)
			}
		},
	}
	if _, ok := newMap().(interface{ Clear() }); ok {
		ways["Clear"] = func(m Map[K, V], _ []K) { m.(interface{ Clear() }).Clear() }
	}
	for name, remove := range ways {
		m := newMap()
		keys := tables.keys[:min(released, len(tables.keys))]
		alive := fill(m, keys, elem)
		remove(m, keys)
		left := 0
		for end := time.Now().Add(releaseTime); ; {
			runtime.GC()
			left = 0
			for _, w := range alive {
				if w.Value() != nil {
					left++
				}
			}
			if left == 0 || time.Now().After(end) {
				break
			}
		}
		runtime.KeepAlive(m)
		switch {
		case left == 1:
			t.Logf("mapfuzz: after %s the map keeps one of %d values, until something takes its place", name, len(keys))
		case left > 1:
			return &mapdrive.Failure{Mode: "release", Seed: o.seed, What: fmt.Sprintf("after %s the map keeps %d of %d values: they are not garbage", name, left, len(keys))}
		}
	}
	return nil
}

// fill stores new values, to which nothing but the map refers, and weak pointers.
//
//go:noinline
func fill[K comparable, V any](m Map[K, V], keys []K, elem reflect.Type) (alive []weak.Pointer[byte]) {
	for _, k := range keys {
		p := reflect.New(elem)
		v := reflect.New(reflect.TypeFor[V]()).Elem()
		v.Set(p)
		m.Store(k, v.Interface().(V))
		alive = append(alive, weak.Make((*byte)(p.UnsafePointer())))
	}
	return alive
}

// pointee is what values point at; nil if they are no pointers, or their fate can't
// be told by weak pointers.
func pointee(v reflect.Type) reflect.Type {
	switch {
	case v.Kind() == reflect.Interface && v.NumMethod() == 0:
		return reflect.TypeFor[[4]uintptr]()
	case v.Kind() == reflect.Pointer && v.Elem().Size() >= 16:
		return v.Elem()
	}
	return nil
}
