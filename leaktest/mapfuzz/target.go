package mapfuzz

import "github.com/leakassert/leakassert/internal/mapdrive"

// A target is a map as the driver sees it.
type target[K comparable, V any] struct {
	m                Map[K, V]
	t                *tables[K, V]
	loadOrStore      func(K, V) (V, bool)
	loadAndDelete    func(K) (V, bool)
	swap             func(K, V) (V, bool)
	compareAndSwap   func(K, V, V) bool
	compareAndDelete func(K, V) bool
	clear            func()
	len              func() int
}

func (t *tables[K, V]) target(m Map[K, V]) mapdrive.Target {
	a := &target[K, V]{m: m, t: t}
	if x, ok := m.(interface{ LoadOrStore(K, V) (V, bool) }); ok {
		a.loadOrStore = x.LoadOrStore
	}
	if x, ok := m.(interface{ LoadAndDelete(K) (V, bool) }); ok {
		a.loadAndDelete = x.LoadAndDelete
	}
	if x, ok := m.(interface{ Swap(K, V) (V, bool) }); ok {
		a.swap = x.Swap
	}
	if x, ok := m.(interface{ CompareAndSwap(K, V, V) bool }); ok && t.comparable {
		a.compareAndSwap = x.CompareAndSwap
	}
	if x, ok := m.(interface{ CompareAndDelete(K, V) bool }); ok && t.comparable {
		a.compareAndDelete = x.CompareAndDelete
	}
	if x, ok := m.(interface{ Clear() }); ok {
		a.clear = x.Clear
	}
	if x, ok := m.(interface{ Len() int }); ok {
		a.len = x.Len
	} else if x, ok := m.(interface{ Size() int }); ok {
		a.len = x.Size
	}
	return a
}

func (a *target[K, V]) Has(k mapdrive.Kind) bool {
	switch k {
	case mapdrive.LoadOrStore:
		return a.loadOrStore != nil
	case mapdrive.LoadAndDelete:
		return a.loadAndDelete != nil
	case mapdrive.Swap:
		return a.swap != nil
	case mapdrive.CompareAndSwap:
		return a.compareAndSwap != nil
	case mapdrive.CompareAndDelete:
		return a.compareAndDelete != nil
	case mapdrive.Clear:
		return a.clear != nil
	case mapdrive.Len:
		return a.len != nil
	}
	return true
}

func (a *target[K, V]) Do(op mapdrive.Op) mapdrive.Result {
	k := a.t.keys[op.Key]
	switch op.Kind {
	case mapdrive.Load:
		return a.result(a.m.Load(k))
	case mapdrive.Store:
		a.m.Store(k, a.t.vals[op.Val])
	case mapdrive.Delete:
		a.m.Delete(k)
	case mapdrive.LoadOrStore:
		v, loaded := a.loadOrStore(k, a.t.vals[op.Val])
		return mapdrive.Result{Val: a.t.valNo(v), OK: loaded}
	case mapdrive.LoadAndDelete:
		return a.result(a.loadAndDelete(k))
	case mapdrive.Swap:
		return a.result(a.swap(k, a.t.vals[op.Val]))
	case mapdrive.CompareAndSwap:
		if op.Old == mapdrive.Absent {
			op.Old = op.Val
		}
		return mapdrive.Result{Val: mapdrive.Absent, OK: a.compareAndSwap(k, a.t.vals[op.Old], a.t.vals[op.Val])}
	case mapdrive.CompareAndDelete:
		if op.Old == mapdrive.Absent {
			op.Old = op.Val
		}
		return mapdrive.Result{Val: mapdrive.Absent, OK: a.compareAndDelete(k, a.t.vals[op.Old])}
	case mapdrive.Clear:
		a.clear()
	}
	return mapdrive.Result{Val: mapdrive.Absent}
}

// result has no value where there is none.
func (a *target[K, V]) result(v V, ok bool) mapdrive.Result {
	if !ok {
		return mapdrive.Result{Val: mapdrive.Absent}
	}
	return mapdrive.Result{Val: a.t.valNo(v), OK: true}
}

func (a *target[K, V]) Range(f func(key, val int) bool) {
	a.m.Range(func(k K, v V) bool {
		key, known := a.t.keyNo[k]
		if !known {
			key = mapdrive.Foreign
		}
		return f(key, a.t.valNo(v))
	})
}

func (a *target[K, V]) Len() int { return a.len() }
