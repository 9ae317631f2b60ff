package maps

import "sync"

// RWLocked is a built-in map with a lock around it that readers share.
//
// Range holds the readers' lock, so it gives the entries as they are at one moment,
// and only writers wait for it. Its callback must not call a method of the map, not
// even Load: when a writer waits already, that waits for the writer, and so forever.
type RWLocked[K comparable, V any] struct {
	mu      sync.RWMutex
	entries table[K, V]
}

func (m *RWLocked[K, V]) Load(key K) (value V, ok bool) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	value, ok = m.entries[key]
	return value, ok
}

func (m *RWLocked[K, V]) Store(key K, value V) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.entries.store(key, value)
}

func (m *RWLocked[K, V]) Delete(key K) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.entries, key)
}

func (m *RWLocked[K, V]) Range(f func(key K, value V) bool) {
	m.mu.RLock()
	defer m.mu.RUnlock() // deferred, since f may panic
	for key, value := range m.entries {
		if !f(key, value) {
			return
		}
	}
}

func (m *RWLocked[K, V]) LoadOrStore(key K, value V) (actual V, loaded bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.entries.loadOrStore(key, value)
}

func (m *RWLocked[K, V]) LoadAndDelete(key K) (value V, loaded bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.entries.loadAndDelete(key)
}

func (m *RWLocked[K, V]) Swap(key K, value V) (previous V, loaded bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.entries.swap(key, value)
}

func (m *RWLocked[K, V]) CompareAndSwap(key K, old, new V) (swapped bool) {
	m.mu.Lock()
	defer m.mu.Unlock() // deferred, since to compare may panic
	return m.entries.compareAndSwap(key, old, new)
}

func (m *RWLocked[K, V]) CompareAndDelete(key K, old V) (deleted bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.entries.compareAndDelete(key, old)
}

func (m *RWLocked[K, V]) Clear() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.entries.clear()
}

func (m *RWLocked[K, V]) Len() int {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return len(m.entries)
}
