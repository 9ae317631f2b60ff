// Package mapfuzz drives a concurrent map with random operations from several
// goroutines and fails the test when an answer is wrong: a store that is lost, a
// key that Range shows twice, a CompareAndSwap that succeeds twice, a deadlock, a
// deleted value that is kept.
package mapfuzz

import (
	"fmt"
	"reflect"

	"github.com/leakassert/leakassert/internal/mapdrive"
)

// TB is the part of [testing.TB] that the driver uses.
type TB interface {
	Helper()
	Name() string
	Errorf(format string, args ...any)
	Logf(format string, args ...any)
	Failed() bool
	Cleanup(func())
}

// A Map is a map under test. A [sync.Map] is a Map[any, any]. Of these methods those
// that it has besides are found and used: LoadOrStore, LoadAndDelete, Swap,
// CompareAndSwap, CompareAndDelete and Clear, which mean what those of sync.Map do,
// and Len or Size.
type Map[K comparable, V any] interface {
	Load(key K) (value V, ok bool)
	Store(key K, value V)
	Delete(key K)
	Range(f func(key K, value V) bool)
}

// Test drives maps that newMap makes, each time a new one, and fails t with the
// first fault that it finds: what is wrong in words, the smallest scenario that
// shows it, how often it does, and a test to reproduce it.
//
// The map must be linearizable: each operation must seem to happen at one moment
// between its call and its return. Range need not be: it must show keys that do not
// change exactly once, others at most once, and stop when its callback returns false.
//
// The [Budget] is shared by modes, each of which finds what the others do not:
//
//	sequential  compares with a built-in map, without concurrency
//	duel        two goroutines, one or two operations each on one key
//	history     all goroutines on some keys: is there an order that explains all answers?
//	owners      each goroutine on keys of its own, so many that the map grows and shrinks
//	pulse       a band of keys filled and emptied, while others toggle a single key
//	drain       all goroutines delete the same keys
//	range       keys that do not change while others do, and Range that is stopped early
//	release     values that were deleted are garbage, if they are pointers or any
//	steady      fills and empties: does the memory grow?
//
// An operation that does not return within some seconds is a fault, too: it is
// reported with the stacks, and its goroutine stays. A map that takes more than 1 GiB
// ends the process, with the report printed first: nothing else stops it.
func Test[K comparable, V any](t TB, newMap func() Map[K, V], opts ...Option) {
	t.Helper()
	if text := test(t, newMap, opts); text != "" {
		t.Errorf("%s", text)
	}
}

func test[K comparable, V any](t TB, newMap func() Map[K, V], opts []Option) (text string) {
	o, err := options(opts)
	if err != nil {
		return err.Error()
	}
	tables, err := tablesOf[K, V](o)
	if err != nil {
		return err.Error()
	}
	if err := usable(newMap); err != nil {
		return err.Error()
	}
	d := &mapdrive.Driver{
		New:       func() mapdrive.Target { return tables.target(newMap()) },
		Namer:     tables,
		Keys:      len(tables.keys),
		Vals:      len(tables.vals),
		Workers:   o.workers,
		Seed:      o.seed,
		WeakRange: o.weakRange, RangeWrites: o.rangeWrites,
	}
	kind := kindOf(newMap)
	notes := new([]string)
	f := watched(t, d, kind, func() *mapdrive.Failure {
		f := d.Run(o.budget, o.wants)
		if f == nil && o.wants("release") {
			d.Enter("release")
			f = d.Finish(release(d, newMap, tables, notes))
		}
		if f == nil && o.wants("steady") {
			d.Enter("steady")
			f = d.Finish(steady(t, d, o.budget))
		}
		*notes = append(d.Notes(), *notes...)
		d.End()
		return f
	})
	if d.Ended() {
		for _, note := range *notes {
			t.Logf("mapfuzz: %s: %s", kind, note)
		}
	}
	if f == nil {
		return ""
	}
	return failure(t, d, f, kind)
}

// kindOf is the type of the maps.
func kindOf[K comparable, V any](newMap func() Map[K, V]) string { return fmt.Sprintf("%T", newMap()) }

// usable says what is wrong with a function that makes maps.
func usable[K comparable, V any](newMap func() Map[K, V]) error {
	if newMap == nil {
		return fmt.Errorf("mapfuzz: newMap is nil: pass a function that makes a map")
	}
	a, b := newMap(), newMap()
	if isNil(a) || isNil(b) {
		return fmt.Errorf("mapfuzz: newMap returns nil: it must make a map")
	}
	if v := reflect.ValueOf(a); v.Kind() == reflect.Pointer && v.Type().Elem().Size() > 0 && any(a) == any(b) {
		return fmt.Errorf("mapfuzz: newMap returns the same map each time: it must make a new one")
	}
	return nil
}

func isNil(m any) bool {
	v := reflect.ValueOf(m)
	return !v.IsValid() || (v.Kind() == reflect.Pointer || v.Kind() == reflect.Map) && v.IsNil()
}
