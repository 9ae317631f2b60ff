package broken

import (
	"slices"
	"sync"
)

// KeepsDeleted has its entries in one slice, in which Range goes through them, and
// uses the places of deleted ones again. No method shows that, and no growth: there
// are never more places than there were entries at one time. But what a deleted entry
// refers to stays until another entry takes the place.
type KeepsDeleted[K comparable, V any] struct {
	mu     sync.Mutex
	places map[K]int
	slots  []slot[K, V]
	free   []int
}

type slot[K comparable, V any] struct {
	key   K
	value V
	used  bool
}

func (m *KeepsDeleted[K, V]) Delete(key K) {
	m.mu.Lock()
	defer m.mu.Unlock()
	i, ok := m.places[key]
	if !ok {
		return
	}
	delete(m.places, key)
	// Mistake: a tombstone with the key and the value in it. (m.slots[i] = slot[K, V]{})
	m.slots[i].used = false
	m.free = append(m.free, i)
}

func (m *KeepsDeleted[K, V]) Store(key K, value V) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.places == nil {
		m.places = make(map[K]int)
	}
	i, ok := m.places[key]
	if !ok {
		i = m.place()
		m.places[key] = i
	}
	m.slots[i] = slot[K, V]{key, value, true}
}

// place is where a new entry goes.
func (m *KeepsDeleted[K, V]) place() int {
	if last := len(m.free) - 1; last >= 0 {
		i := m.free[last]
		m.free = m.free[:last]
		return i
	}
	m.slots = append(m.slots, slot[K, V]{})
	return len(m.slots) - 1
}

func (m *KeepsDeleted[K, V]) Load(key K) (value V, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	i, ok := m.places[key]
	if !ok {
		return value, false
	}
	return m.slots[i].value, true
}

func (m *KeepsDeleted[K, V]) Range(f func(key K, value V) bool) {
	m.mu.Lock()
	slots := slices.Clone(m.slots)
	m.mu.Unlock()
	for _, s := range slots {
		if s.used && !f(s.key, s.value) {
			return
		}
	}
}
