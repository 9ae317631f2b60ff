// Package mapfuzz drives a concurrent map with random operations from several
// goroutines and fails the test when an answer is wrong: a store that is lost, a
// key that Range shows twice, a CompareAndSwap that succeeds twice, a deadlock, a
// deleted value that is kept.
//
//	func TestCache(t *testing.T) {
//		mapfuzz.Test(t, func() mapfuzz.Map[string, int] { return cache.New() })
//	}
//
// [Test] runs for two seconds. With [Fuzz], Go's fuzzing engine chooses the operations.
// [Execute] runs the operations of one fuzzing input.
//
// # Reports
//
// A report begins with what is wrong, in words. Then come the smallest scenario that shows it,
// with a column for each goroutine, how often it fails, and a test to paste:
//
//	*cache.Cache: Store(0, "s1") was lost: Load(0) returned absent (mode duel)
//
//	before:  Store(0, "s0")
//	    worker 1          worker 2
//	    Store(0, "s1")    CompareAndDelete(0, "s0") → true
//	after:   Load(0) → absent, false
//
// # Limits
//
// The driver finds only what happens while it runs, on the processors of the machine. A fault
// that needs many processors may not show on two. So a test that passes proves nothing. The log of a test says if
// operations hardly overlapped because the machine was busy. [Explore]
// does not depend on processors: it tries schedules one after the other. A wrong history that is reported is wrong: porcupine has confirmed that no order explains it.
package mapfuzz

import (
	"errors"
	"fmt"
	"reflect"
	"sync/atomic"
	"time"

	"github.com/leakassert/leakassert/internal/mapdrive"
	"github.com/leakassert/leakassert/internal/names"
	"github.com/leakassert/leakassert/internal/probe"
	"github.com/leakassert/leakassert/internal/session"
	"github.com/leakassert/leakassert/memassert"
)

// TB is the part of [testing.TB] that all helpers use.
type TB = memassert.TB

// A Map is a map under test. A [sync.Map] is a Map[any, any]. The driver also uses these
// methods if the map has them: LoadOrStore, LoadAndDelete, Swap, CompareAndSwap,
// CompareAndDelete and Clear, with the meaning that they have in sync.Map, and Len or Size.
type Map[K comparable, V any] interface {
	Load(key K) (value V, ok bool)
	Store(key K, value V)
	Delete(key K)
	Range(f func(key K, value V) bool)
}

// Test drives maps that newMap makes, and fails t with the first fault that it finds.
// newMap must return a new, empty map each time.
//
// The map must be linearizable for each key: each operation must seem to happen at one
// moment between its call and its return. Clear deletes each key at one moment, which may
// differ from key to key. Range must show a key that does not change exactly once, and any
// other key at most once. Range must stop when its callback returns false. After all
// operations have returned, Len, Range and Load must agree.
//
// Modes share the [Budget]. Each finds what the others do not:
//
//	sequential  compares with a built-in map, without concurrency
//	duel        two goroutines, one or two operations each on one key
//	history     all goroutines on some keys: does some order explain all answers?
//	owners      each goroutine on keys of its own, so many that the map grows and shrinks
//	pulse       some goroutines fill and empty a band of keys, others toggle a single key
//	drain       all goroutines store or delete the same keys
//	range       Range, also stopped early, over keys that change and keys that do not
//	release     deleted keys and values must be garbage, if they are pointers, strings or any
//	steady      the memory must not grow when keys are stored and deleted again and again
//
// Test makes a fault smaller before it reports it, which takes up to 4 s more. If more than 12 operations
// are left on Linux, Test looks for a smaller scenario for 9 s more, as [Explore] does. With
// LEAKTEST=pictures=DIR or -artifacts porcupine draws a wrong history. If no other test runs,
// Test changes GOMAXPROCS and restores it. The modes release and steady may take half a second
// more, or longer if the heap is large. Test fails in a [testing/synctest] bubble.
//
// newMap is called thousands of times, and nothing closes the maps. If a map starts a
// goroutine, the goroutine stays.
//
// An operation that makes no progress for 5 s is also a fault; the report shows what ran before
// it and the stacks, and its goroutine stays. A map that holds more than [MaxHeap] is a fault
// too. If one operation allocates without end, Test prints the report and ends the process,
// because nothing else stops the operation. If the map ends the process itself, as concurrent map writes
// do, the next run of the test on the same machine prints what was played, and plays it again. Under -race a data race is reported with the
// operations that ran.
//
// Histories are checked as in Lowe, Testing for linearizability (2017).
func Test[K comparable, V any](t TB, newMap func() Map[K, V], opts ...Option) {
	t.Helper()
	h, err := newHarness(newMap, opts)
	var env session.Env
	if err == nil {
		env, err = session.Environment()
	}
	switch {
	case err != nil:
	case h.explores(env):
		err = h.explored(h.run(t), env)
	default:
		err = h.test(h.run(t))
	}
	if err != nil {
		t.Errorf("%v", err)
	}
}

// A harness holds what is needed to drive maps of one type.
type harness[K comparable, V any] struct {
	settings
	newMap func() Map[K, V]
	sample Map[K, V] // that nobody uses
	tables *tables[K, V]
	kind   string
}

func newHarness[K comparable, V any](newMap func() Map[K, V], opts []Option) (*harness[K, V], error) {
	o, err := options(opts)
	if err != nil {
		return nil, err
	}
	tables, err := tablesOf[K, V](o)
	if err != nil {
		return nil, err
	}
	m, err := usable(newMap)
	if err != nil {
		return nil, err
	}
	return &harness[K, V]{o, newMap, m, tables, fmt.Sprintf("%T", m)}, nil
}

type run struct {
	settings
	t     TB
	d     *mapdrive.Driver
	names speller
	kind  string // the type of the maps
	// decoded says that the scenarios were decoded from bytes: no seed repeats them.
	decoded bool
	notes   []string
	forget  func()
	ended   atomic.Bool // otherwise a goroutine is still running and may write notes
}

func (h *harness[K, V]) run(t TB) *run {
	return &run{settings: h.settings, t: t, names: h.tables, kind: h.kind, d: &mapdrive.Driver{
		New:   func() mapdrive.Target { return h.tables.target(h.newMap()) },
		Namer: h.tables, Keys: len(h.tables.keys), Vals: len(h.tables.vals), Workers: h.workers, Seed: h.seed,
		WeakRange: h.weakRange, RangeWrites: h.rangeWrites,
	}}
}

// test drives the maps in all modes and returns the error with which the test is to fail.
func (h *harness[K, V]) test(r *run) error {
	call := nextCall(r.t)
	if r.isChild(call, r.here) {
		return nil
	}
	var unusable error
	last := r.remember()
	defer r.forget()
	f := r.watched(func() (f *mapdrive.Failure) {
		r.d.Enter("start")
		if unusable = h.apart(r.d); unusable != nil {
			return nil
		}
		if f = r.again(last); f != nil {
			return f
		}
		f = r.d.Run(r.budget, r.wants)
		f = r.mode(f, "release", 2*released*len(removals), func() *mapdrive.Failure { return h.release(r) })
		f = r.mode(f, "steady", 16*steadyKeys, r.steady)
		r.notes = append(r.d.Notes(), r.notes...)
		return f
	})
	if r.ended.Load() {
		for _, note := range r.notes {
			r.t.Logf("mapfuzz: %s: %s", r.kind, note)
		}
		if left := r.d.Left(); len(left) > 0 {
			session.Warn(r.t.Name(), fmt.Sprintf("mapfuzz: %s: an operation takes %v: Budget(%v) left no time for %s",
				r.kind, r.d.Each().Round(time.Millisecond), r.budget, names.List(left)))
		}
		if unusable != nil {
			return unusable
		}
	}
	if f == nil {
		return nil
	}
	if smaller := r.around(f, call, h.rewritten); smaller != "" {
		return errors.New(smaller)
	}
	return errors.New(r.describe(f) + paragraph(r.draw(f)))
}

// mode runs one of the harness's own modes, which does so many operations, unless a fault was found
// before or the map is too slow.
func (r *run) mode(found *mapdrive.Failure, name string, ops int, find func() *mapdrive.Failure) (f *mapdrive.Failure) {
	if found != nil || !r.wants(name) || r.d.Halted() {
		return found
	}
	if r.d.Leave(name, ops, r.budget) {
		return nil
	}
	r.d.Enter(name)
	defer func() {
		if p := recover(); p != nil {
			f = r.d.Finish(&mapdrive.Failure{What: fmt.Sprintf("an operation panics: %v", p)})
		}
	}()
	return r.d.Finish(find())
}

var errShared = errors.New("mapfuzz: newMap returns the same map each time: it must make a new one")

// usable returns a map, or what is wrong with a function that makes maps.
func usable[K comparable, V any](newMap func() Map[K, V]) (Map[K, V], error) {
	if probe.InBubble() {
		return nil, errors.New("mapfuzz: called in a synctest bubble, where the clock stands still while goroutines run: call it outside")
	}
	if newMap == nil {
		return nil, errors.New("mapfuzz: newMap is nil: pass a function that makes a map")
	}
	a, b := newMap(), newMap()
	if isNil(a) || isNil(b) {
		return nil, errors.New("mapfuzz: newMap returns nil: it must make a map")
	}
	if v := reflect.ValueOf(a); v.Kind() == reflect.Pointer && v.Type().Elem().Size() > 0 && any(a) == any(b) {
		return nil, errShared
	}
	return a, nil
}

// apart returns an error if new maps are not empty or share entries.
func (h *harness[K, V]) apart(d *mapdrive.Driver) (err error) {
	defer d.Busy()()
	defer func() { _ = recover() }() // the modes report panics
	a, b, k := h.newMap(), h.newMap(), h.tables.keys[0]
	a.Range(func(K, V) bool {
		err = errors.New("mapfuzz: newMap returns a map that has entries: it must make an empty one")
		return false
	})
	if err != nil {
		return err
	}
	a.Store(k, h.tables.vals[0])
	if _, shown := b.Load(k); shown {
		a.Delete(k)
		if _, still := b.Load(k); !still {
			return errShared
		}
	}
	return nil
}

func isNil(m any) bool {
	v := reflect.ValueOf(m)
	return !v.IsValid() || (v.Kind() == reflect.Pointer || v.Kind() == reflect.Map) && v.IsNil()
}
