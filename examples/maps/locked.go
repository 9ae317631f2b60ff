package maps

import "sync"

// Locked is a built-in map with a mutex around it.
//
// Range holds the lock, so it gives the entries as they are at one moment and keeps
// everyone else waiting; if its callback calls a method of the map it waits forever.
type Locked[K comparable, V any] struct {
	mu      sync.Mutex
	entries table[K, V]
}

func (m *Locked[K, V]) Load(key K) (value V, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	value, ok = m.entries[key]
	return value, ok
}

func (m *Locked[K, V]) Store(key K, value V) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.entries.store(key, value)
}

func (m *Locked[K, V]) Delete(key K) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.entries, key)
}

func (m *Locked[K, V]) Range(f func(key K, value V) bool) {
	m.mu.Lock()
	defer m.mu.Unlock() // deferred, since f may panic
	for key, value := range m.entries {
		if !f(key, value) {
			return
		}
	}
}

func (m *Locked[K, V]) LoadOrStore(key K, value V) (actual V, loaded bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.entries.loadOrStore(key, value)
}

func (m *Locked[K, V]) LoadAndDelete(key K) (value V, loaded bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.entries.loadAndDelete(key)
}

func (m *Locked[K, V]) Swap(key K, value V) (previous V, loaded bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.entries.swap(key, value)
}

func (m *Locked[K, V]) CompareAndSwap(key K, old, new V) (swapped bool) {
	m.mu.Lock()
	defer m.mu.Unlock() // deferred, since to compare may panic
	return m.entries.compareAndSwap(key, old, new)
}

func (m *Locked[K, V]) CompareAndDelete(key K, old V) (deleted bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.entries.compareAndDelete(key, old)
}

func (m *Locked[K, V]) Clear() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.entries.clear()
}

func (m *Locked[K, V]) Len() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.entries)
}
