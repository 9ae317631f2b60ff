package mapfuzz

import "github.com/leakassert/leakassert/internal/mapdrive"

type target[K comparable, V any] struct {
	m                Map[K, V]
	t                *tables[K, V]
	loadOrStore      interface{ LoadOrStore(K, V) (V, bool) }
	loadAndDelete    interface{ LoadAndDelete(K) (V, bool) }
	swap             interface{ Swap(K, V) (V, bool) }
	compareAndSwap   interface{ CompareAndSwap(K, V, V) bool }
	compareAndDelete interface{ CompareAndDelete(K, V) bool }
	clear            interface{ Clear() }
	len              func() int
}

func (t *tables[K, V]) target(m Map[K, V]) mapdrive.Target {
	a := &target[K, V]{m: m, t: t}
	a.loadOrStore, _ = m.(interface{ LoadOrStore(K, V) (V, bool) })
	a.loadAndDelete, _ = m.(interface{ LoadAndDelete(K) (V, bool) })
	a.swap, _ = m.(interface{ Swap(K, V) (V, bool) })
	a.clear, _ = m.(interface{ Clear() })
	if t.comparable {
		a.compareAndSwap, _ = m.(interface{ CompareAndSwap(K, V, V) bool })
		a.compareAndDelete, _ = m.(interface{ CompareAndDelete(K, V) bool })
	}
	switch x := m.(type) {
	case interface{ Len() int }:
		a.len = x.Len
	case interface{ Size() int }:
		a.len = x.Size
	}
	return a
}

func (a *target[K, V]) Has(k mapdrive.Kind) bool {
	lacks := [...]bool{
		mapdrive.LoadOrStore:      a.loadOrStore == nil,
		mapdrive.LoadAndDelete:    a.loadAndDelete == nil,
		mapdrive.Swap:             a.swap == nil,
		mapdrive.CompareAndSwap:   a.compareAndSwap == nil,
		mapdrive.CompareAndDelete: a.compareAndDelete == nil,
		mapdrive.Clear:            a.clear == nil,
		mapdrive.Len:              a.len == nil,
	}
	return int(k) >= len(lacks) || !lacks[k]
}

func (a *target[K, V]) Do(op mapdrive.Op) mapdrive.Result {
	k := a.t.keys[op.Key]
	if op.Old == mapdrive.Absent {
		op.Old = op.Val
	}
	switch op.Kind {
	case mapdrive.Load:
		return a.result(a.m.Load(k))
	case mapdrive.Store:
		a.m.Store(k, a.t.vals[op.Val])
	case mapdrive.Delete:
		a.m.Delete(k)
	case mapdrive.LoadOrStore:
		v, loaded := a.loadOrStore.LoadOrStore(k, a.t.vals[op.Val])
		return mapdrive.Result{Val: a.t.number(v), OK: loaded}
	case mapdrive.LoadAndDelete:
		return a.result(a.loadAndDelete.LoadAndDelete(k))
	case mapdrive.Swap:
		return a.result(a.swap.Swap(k, a.t.vals[op.Val]))
	case mapdrive.CompareAndSwap:
		return mapdrive.Result{Val: mapdrive.Absent, OK: a.compareAndSwap.CompareAndSwap(k, a.t.vals[op.Old], a.t.vals[op.Val])}
	case mapdrive.CompareAndDelete:
		return mapdrive.Result{Val: mapdrive.Absent, OK: a.compareAndDelete.CompareAndDelete(k, a.t.vals[op.Old])}
	case mapdrive.Clear:
		a.clear.Clear()
	}
	return mapdrive.Result{Val: mapdrive.Absent}
}

// result returns a result without a value if ok is false.
func (a *target[K, V]) result(v V, ok bool) mapdrive.Result {
	if !ok {
		return mapdrive.Result{Val: mapdrive.Absent}
	}
	return mapdrive.Result{Val: a.t.number(v), OK: true}
}

func (a *target[K, V]) Range(f func(key, val int) bool) {
	a.m.Range(func(k K, v V) bool {
		key, known := a.t.keyNo[k]
		if !known {
			key = mapdrive.Foreign
		}
		return f(key, a.t.number(v))
	})
}

func (a *target[K, V]) Len() int { return a.len() }
