package broken

import (
	"maps"
	"sync/atomic"
)

// LosesUpdates is a map that writers copy and replace (RCU), with nothing that keeps
// one writer from the other: when two have copied the same version, the one that
// publishes last takes back what the other has done, to whatever key.
type LosesUpdates[K comparable, V any] struct {
	current atomic.Pointer[map[K]V]
}

func (m *LosesUpdates[K, V]) Store(key K, value V) {
	next := m.copy()
	next[key] = value
	// Mistake: this is atomic, and the reading, the copying and this together are not.
	m.current.Store(&next)
}

func (m *LosesUpdates[K, V]) Delete(key K) {
	next := m.copy()
	delete(next, key)
	// Mistake: the same.
	m.current.Store(&next)
}

func (m *LosesUpdates[K, V]) Load(key K) (value V, ok bool) {
	value, ok = m.version()[key]
	return value, ok
}

func (m *LosesUpdates[K, V]) Range(f func(key K, value V) bool) {
	for key, value := range m.version() {
		if !f(key, value) {
			return
		}
	}
}

func (m *LosesUpdates[K, V]) version() map[K]V {
	if current := m.current.Load(); current != nil {
		return *current
	}
	return nil
}

func (m *LosesUpdates[K, V]) copy() map[K]V {
	next := maps.Clone(m.version())
	if next == nil {
		next = make(map[K]V)
	}
	return next
}
