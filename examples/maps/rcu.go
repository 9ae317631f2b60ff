package maps

import (
	"maps"
	"sync"
	"sync/atomic"
)

// RCU is a map that is never written to: a writer makes a changed copy and puts that
// in its place (read, copy, update). Readers wait for nobody, and a write takes as
// long as the map is large. The garbage collector does what synchronize_rcu and free
// do in C: a version goes when its last reader has gone.
//
// Range gives the entries as they are when it begins, whatever happens meanwhile. Its
// callback may call any method. Until Range returns, what it goes through is kept.
type RCU[K comparable, V any] struct {
	writers sync.Mutex // held from the reading to the publishing, or an update between is lost
	current atomic.Pointer[table[K, V]]
}

// version is the map as it is now; nobody may write to it.
func (m *RCU[K, V]) version() table[K, V] {
	if t := m.current.Load(); t != nil {
		return *t
	}
	return nil
}

// update publishes a copy that change has written to. The caller holds writers.
func (m *RCU[K, V]) update(change func(next *table[K, V])) {
	next := maps.Clone(m.version())
	change(&next)
	m.current.Store(&next)
}

func (m *RCU[K, V]) Load(key K) (value V, ok bool) {
	value, ok = m.version()[key]
	return value, ok
}

func (m *RCU[K, V]) Store(key K, value V) { m.Swap(key, value) }

func (m *RCU[K, V]) Delete(key K) { m.LoadAndDelete(key) }

func (m *RCU[K, V]) Range(f func(key K, value V) bool) {
	for key, value := range m.version() {
		if !f(key, value) {
			return
		}
	}
}

func (m *RCU[K, V]) LoadOrStore(key K, value V) (actual V, loaded bool) {
	if actual, loaded = m.Load(key); loaded {
		return actual, true
	}
	m.writers.Lock()
	defer m.writers.Unlock()
	if actual, loaded = m.Load(key); loaded { // another writer was faster
		return actual, true
	}
	m.update(func(next *table[K, V]) { next.store(key, value) })
	return value, false
}

func (m *RCU[K, V]) LoadAndDelete(key K) (value V, loaded bool) {
	m.writers.Lock()
	defer m.writers.Unlock()
	if value, loaded = m.Load(key); loaded {
		m.update(func(next *table[K, V]) { delete(*next, key) })
	}
	return value, loaded
}

func (m *RCU[K, V]) Swap(key K, value V) (previous V, loaded bool) {
	m.writers.Lock()
	defer m.writers.Unlock()
	m.update(func(next *table[K, V]) { previous, loaded = next.swap(key, value) })
	return previous, loaded
}

func (m *RCU[K, V]) CompareAndSwap(key K, old, new V) (swapped bool) {
	m.writers.Lock()
	defer m.writers.Unlock()
	if !m.version().has(key, old) {
		return false
	}
	m.update(func(next *table[K, V]) { next.store(key, new) })
	return true
}

func (m *RCU[K, V]) CompareAndDelete(key K, old V) (deleted bool) {
	m.writers.Lock()
	defer m.writers.Unlock()
	if !m.version().has(key, old) {
		return false
	}
	m.update(func(next *table[K, V]) { delete(*next, key) })
	return true
}

func (m *RCU[K, V]) Clear() {
	m.writers.Lock()
	defer m.writers.Unlock()
	m.current.Store(nil)
}

func (m *RCU[K, V]) Len() int { return len(m.version()) }
