package broken

import "sync"

// UnlocksEarly has every access to its built-in map under a lock, but not every
// decision: two goroutines that both find nothing in LoadOrStore both store, and both
// are told that theirs is the value. A CompareAndSwap overwrites what it has not seen.
type UnlocksEarly[K comparable, V any] struct {
	mu      sync.RWMutex
	entries map[K]V
}

func (m *UnlocksEarly[K, V]) LoadOrStore(key K, value V) (actual V, loaded bool) {
	m.mu.RLock()
	actual, loaded = m.entries[key]
	// Mistake: with the lock goes what was read under it.
	m.mu.RUnlock()
	if loaded {
		return actual, true
	}
	m.Store(key, value)
	return value, false
}

func (m *UnlocksEarly[K, V]) CompareAndSwap(key K, old, new V) (swapped bool) {
	// Mistake: Load unlocks before the value is compared.
	if v, ok := m.Load(key); !ok || any(v) != any(old) {
		return false
	}
	m.Store(key, new)
	return true
}

func (m *UnlocksEarly[K, V]) Load(key K) (value V, ok bool) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	value, ok = m.entries[key]
	return value, ok
}

func (m *UnlocksEarly[K, V]) Store(key K, value V) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.entries == nil {
		m.entries = make(map[K]V)
	}
	m.entries[key] = value
}

func (m *UnlocksEarly[K, V]) Delete(key K) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.entries, key)
}

func (m *UnlocksEarly[K, V]) Range(f func(key K, value V) bool) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	for key, value := range m.entries {
		if !f(key, value) {
			return
		}
	}
}
