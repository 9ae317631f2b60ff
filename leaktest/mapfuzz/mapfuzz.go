// Package mapfuzz drives a concurrent map with random operations from several
// goroutines and fails the test when an answer is wrong: a store that is lost, a
// key that Range shows twice, a CompareAndSwap that succeeds twice, a deadlock, a
// deleted value that is kept.
package mapfuzz

import (
	"errors"
	"fmt"
	"reflect"

	"github.com/leakassert/leakassert/internal/check"
	"github.com/leakassert/leakassert/internal/mapdrive"
	"github.com/leakassert/leakassert/internal/probe"
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
// The map must be linearizable, for each key: each operation must seem to happen at
// one moment between its call and its return. Clear deletes each key at one moment, of
// its own. Range must show keys that do not change exactly once, others at most once,
// and stop when its callback returns false. When all operations have returned, Len,
// Range and Load must agree.
//
// The [Budget] is shared by modes, each of which finds what the others do not:
//
//	sequential  compares with a built-in map, without concurrency
//	duel        two goroutines, one or two operations each on one key
//	history     all goroutines on some keys: is there an order that explains all answers?
//	owners      each goroutine on keys of its own, so many that the map grows and shrinks
//	pulse       a band of keys filled and emptied, while others toggle a single key
//	drain       all goroutines store or delete the same keys
//	range       keys that do not change while others do, and Range that is stopped early
//	release     what was deleted is garbage, if it is a pointer, a string or any
//	steady      fills and empties: does the memory grow?
//
// A fault that was found is made smaller, which takes up to 4 s more. Before a history
// counts as wrong, porcupine must find no order for it, either; with LEAKTEST=pictures=DIR,
// or -artifacts, it draws it. In between GOMAXPROCS changes, and is put back. The modes
// release and steady take up to half a second besides, or as long as collections of a
// large heap take. In a [testing/synctest] bubble Test does not run.
//
// newMap is called thousands of times, and nothing closes the maps: those that start a
// goroutine each leave it behind.
//
// An operation is a fault, too, if for 5 s nothing goes on, as it does not return: it is
// reported with what was done before and the stacks, and its goroutine stays. So is a map
// that holds more than 1 GiB ([MaxHeap]); one operation that takes ever more ends the
// process, with the report printed first: nothing else stops it. Under -race a data race
// is reported with the operations that were done.
//
// The check of histories is that of Lowe, Testing for linearizability (2017).
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
	if _, err := check.Environment(); err != nil {
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
	f := watched(t, d, o, kind, func() *mapdrive.Failure {
		d.Enter("start")
		if err = apart(d, newMap, tables.keys[0], tables.vals[0]); err != nil {
			d.End()
			return nil
		}
		f := d.Run(o.budget, o.wants)
		if f == nil && o.wants("release") && !d.Halted() {
			d.Enter("release")
			f = d.Finish(release(d, newMap, tables, o, notes))
		}
		if f == nil && o.wants("steady") && !d.Halted() {
			d.Enter("steady")
			f = d.Finish(steady(t, d, o.budget, notes))
		}
		*notes = append(d.Notes(), *notes...)
		d.End()
		return f
	})
	if d.Ended() {
		if err != nil {
			return err.Error()
		}
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
	if probe.InBubble() {
		return errors.New("mapfuzz: called in a synctest bubble, where time stands still while goroutines are at work: call it outside")
	}
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

// apart says what is wrong with a function whose maps are not empty, or share what is
// in them.
func apart[K comparable, V any](d *mapdrive.Driver, newMap func() Map[K, V], k K, v V) (err error) {
	defer d.Busy()()
	defer func() { _ = recover() }() // the modes tell what panics
	a, b := newMap(), newMap()
	a.Range(func(K, V) bool {
		err = errors.New("mapfuzz: newMap returns a map that has entries: it must make an empty one")
		return false
	})
	if err != nil {
		return err
	}
	a.Store(k, v)
	if _, shown := b.Load(k); shown {
		a.Delete(k)
		if _, still := b.Load(k); !still {
			return errors.New("mapfuzz: newMap returns the same map each time: it must make a new one")
		}
	}
	return nil
}

func isNil(m any) bool {
	v := reflect.ValueOf(m)
	return !v.IsValid() || (v.Kind() == reflect.Pointer || v.Kind() == reflect.Map) && v.IsNil()
}
