package poolprobe

import (
	"maps"
	"reflect"
	"slices"
	"sync"
	"unsafe"
	"weak"

	"github.com/leakassert/leakassert/internal/heapobject"
)

// A Ledger records what a pool of objects has handed out and taken back. The pool itself remembers
// neither.
type Ledger struct {
	mu         sync.Mutex
	whole      bool // items has everything that was handed out
	items      map[any]item
	pruned     int // the number of items after collected objects were last removed
	gets, puts int64
	faults     []Fault
	seen       int // the number of faults since the process began
}

// An item is one object: where it was taken if it is out, or where it was put.
type item struct {
	out bool
	at  Stack
}

// A Fault is a wrong use of a pool: a Put of something that is not out.
type Fault struct {
	ID     int
	What   string // "put twice"
	Stacks []Labelled
}

// Labelled says what happened and where.
type Labelled struct {
	Label string
	Stack Stack
}

// Begin starts a new account. whole says that nothing was handed out before.
func (l *Ledger) Begin(whole bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.whole, l.items, l.pruned, l.gets, l.puts, l.faults = whole, make(map[any]item), 0, 0, 0, nil
	ledgers.Store(l, struct{}{})
}

// Doubt records that something was handed out which the account does not have.
func (l *Ledger) Doubt() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.whole = false
}

func (l *Ledger) End() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.items = nil
	ledgers.Delete(l)
}

// ledgers holds the active ledgers: an object unknown to one may be known to another.
var ledgers sync.Map

// Got records that v was handed out.
func (l *Ledger) Got(v any, skip int) {
	now := item{out: true, at: Here(skip + 1)}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.items == nil {
		return
	}
	l.gets++
	if key, ok := identity(v); ok {
		if before := l.items[key]; before.out {
			l.fault("handed out twice", Labelled{"taken", before.at}, Labelled{"again", now.at})
		}
		l.note(key, now)
	}
}

// Put records that v was put back. It reports whether the pool may take it.
func (l *Ledger) Put(v any, skip int) (take bool) {
	now := item{at: Here(skip + 1)}
	key, ok := identity(v)
	elsewhere := l.takenElsewhere(key)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.items == nil {
		return true
	}
	if !ok {
		l.puts++
		return true
	}
	switch before, known := l.items[key]; {
	case known && !before.out:
		l.fault("put twice", Labelled{"put", before.at}, Labelled{"put again", now.at})
		return false
	case known, elsewhere == nil && reflect.TypeOf(v).Kind() == reflect.Slice: // a slice has grown, or is a part of the taken one
		l.puts++
	case l.whole || elsewhere != nil: // otherwise it was taken before the account began
		l.fault("put, but never taken from it", append([]Labelled{{"put", now.at}}, elsewhere...)...)
	}
	l.note(key, now)
	return true
}

func (l *Ledger) find(key any) (i item, known bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	i, known = l.items[key]
	return i, known
}

// takenElsewhere returns where another pool handed out an object that is unknown to l.
func (l *Ledger) takenElsewhere(key any) (from []Labelled) {
	if _, known := l.find(key); known || key == nil {
		return nil
	}
	ledgers.Range(func(other, _ any) bool {
		if i, _ := other.(*Ledger).find(key); i.out {
			from = []Labelled{{"taken", i.at}}
		}
		return from == nil
	})
	return from
}

func (l *Ledger) fault(what string, stacks ...Labelled) {
	const most = 16
	if l.seen++; len(l.faults) < most {
		l.faults = append(l.faults, Fault{l.seen, what, stacks})
	}
}

// note records an object, and sometimes removes the objects that the collector freed in the pool.
func (l *Ledger) note(key any, i item) {
	const few = 64
	if len(l.items) >= 2*l.pruned+few {
		maps.DeleteFunc(l.items, func(key any, i item) bool {
			w, ok := key.(weak.Pointer[byte])
			return ok && !i.out && w.Value() == nil
		})
		l.pruned = len(l.items)
	}
	l.items[key] = i
}

func (l *Ledger) Counts() (gets, puts int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.gets, l.puts
}

func (l *Ledger) Held() Taken {
	l.mu.Lock()
	defer l.mu.Unlock()
	held := make(Taken)
	for _, i := range l.items {
		if i.out {
			held[Place{Stack: i.at}]++
		}
	}
	return held
}

func (l *Ledger) Faults() []Fault {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.faults)
}

// identity returns a key that distinguishes an object from all others, even from a later one at the
// same address. Values that are not references have no key.
func identity(v any) (key any, ok bool) {
	r := reflect.ValueOf(v)
	if (r.Kind() == reflect.Pointer || r.Kind() == reflect.Slice) && r.Type().Elem().Size() == 0 {
		return nil, false // all have the same address
	}
	var p unsafe.Pointer
	switch r.Kind() {
	case reflect.Pointer, reflect.UnsafePointer, reflect.Map, reflect.Chan, reflect.Slice:
		p = r.UnsafePointer()
	}
	if p == nil || r.Kind() == reflect.Slice && r.Cap() == 0 {
		return nil, false
	}
	switch base, known := heapobject.Base(p); {
	case !known:
		return nil, false
	case base == 0: // the collector never frees it
		return uintptr(p), true
	}
	return weak.Make((*byte)(p)), true
}
