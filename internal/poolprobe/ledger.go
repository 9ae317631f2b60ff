package poolprobe

import (
	"reflect"
	"sync"
	"unsafe"
	"weak"

	"github.com/leakassert/leakassert/internal/heapobject"
)

// A Ledger keeps account of what a pool of objects has handed out and taken back.
// Without it a pool forgets both.
type Ledger struct {
	mu         sync.Mutex
	whole      bool // it was kept since the pool began
	items      map[any]*item
	pruned     int // how many there were when those that are gone were last removed
	gets, puts int64
	faults     []Fault
	seen       int // faults, since the process began
}

// An item is one object: where it was taken and put last.
type item struct {
	out      bool
	got, put Stack
}

// Begin begins a new account; whole says that the pool has handed out nothing so far.
func (l *Ledger) Begin(whole bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.whole, l.items, l.pruned, l.gets, l.puts, l.faults = whole, make(map[any]*item), 0, 0, 0, nil
	ledgers.Store(l, struct{}{})
}

// Doubt takes note that something was handed out which the account does not have.
func (l *Ledger) Doubt() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.whole = false
}

// End ends the account.
func (l *Ledger) End() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.items = nil
	ledgers.Delete(l)
}

// ledgers are those that are kept: a stranger to one may be known to another.
var ledgers sync.Map

// Got takes note that v was handed out.
func (l *Ledger) Got(v any, skip int) {
	here := Here(skip + 1)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.items == nil {
		return
	}
	l.gets++
	key, ok := identity(v)
	if !ok {
		return
	}
	i := l.items[key]
	if i == nil {
		l.prune()
		i = &item{}
		l.items[key] = i
	} else if i.out {
		l.fault("handed out twice", Labelled{"taken", Frames(i.got)}, Labelled{"again", Frames(here)})
	}
	i.out, i.got = true, here
}

// Put takes note that v was put back; it reports whether the pool may have it.
func (l *Ledger) Put(v any, skip int) (take bool) {
	here := Here(skip + 1)
	key, ok := identity(v)
	var from []Labelled
	if ok && l.stranger(key) {
		from = takenElsewhere(l, key)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.items == nil {
		return true
	}
	if !ok {
		l.puts++
		return true
	}
	i := l.items[key]
	switch {
	case i == nil && len(from) == 0 && reflect.TypeOf(v).Kind() == reflect.Slice:
		// It has grown, or is a part of what was taken.
		l.puts++
		l.prune()
		i = &item{}
		l.items[key] = i
	case i == nil && (l.whole || len(from) > 0):
		l.fault("put, but never taken from it", append([]Labelled{{"put", Frames(here)}}, from...)...)
		i = &item{}
		l.items[key] = i
	case i == nil: // taken before the account began
		l.prune()
		i = &item{}
		l.items[key] = i
	case !i.out:
		l.fault("put twice", Labelled{"put", Frames(i.put)}, Labelled{"put again", Frames(here)})
		return false
	default:
		l.puts++
	}
	i.out, i.put = false, here
	return true
}

func (l *Ledger) stranger(key any) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.items != nil && l.items[key] == nil
}

// takenElsewhere is where another pool has handed out what is a stranger to l.
func takenElsewhere(l *Ledger, key any) (from []Labelled) {
	ledgers.Range(func(k, _ any) bool {
		other := k.(*Ledger)
		if other == l {
			return true
		}
		other.mu.Lock()
		defer other.mu.Unlock()
		if i := other.items[key]; i != nil && i.out {
			from = []Labelled{{"taken", Frames(i.got)}}
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

// prune forgets objects that the collector has freed in the pool.
func (l *Ledger) prune() {
	const few = 64
	if len(l.items) < 2*l.pruned+few {
		return
	}
	for key, i := range l.items {
		if w, ok := key.(weak.Pointer[byte]); ok && !i.out && w.Value() == nil {
			delete(l.items, key)
		}
	}
	l.pruned = len(l.items)
}

// Counts are how often something was taken and put.
func (l *Ledger) Counts() (gets, puts int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.gets, l.puts
}

// Held are the objects that are out, by where they were taken.
func (l *Ledger) Held() (held []Checkout) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, i := range l.items {
		if i.out {
			held = append(held, Checkout{Count: 1, Stack: Frames(i.got)})
		}
	}
	return grouped(held)
}

// Faults are the wrong uses since the account began.
func (l *Ledger) Faults() []Fault {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]Fault(nil), l.faults...)
}

// identity tells an object from others, and from one that will have its address;
// values that are no references have none.
func identity(v any) (key any, ok bool) {
	r := reflect.ValueOf(v)
	if (r.Kind() == reflect.Pointer || r.Kind() == reflect.Slice) && r.Type().Elem().Size() == 0 {
		return nil, false // all have one address
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
	case base == 0: // never freed by the collector
		return uintptr(p), true
	}
	return weak.Make((*byte)(p)), true
}
