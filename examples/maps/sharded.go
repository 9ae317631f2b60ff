package maps

import (
	"hash/maphash"
	"maps"
)

// Sharded is a map in parts, each with a lock of its own, so that who uses different
// keys seldom meets at one lock.
//
// Range copies one part after the other, and calls back while it holds no lock: the
// callback may call any method. An entry that is there from its beginning to its end
// is given once; what is stored or deleted meanwhile may be given or not.
type Sharded[K comparable, V any] struct {
	shards [shards]shard[K, V]
}

const shards = 32

type shard[K comparable, V any] struct {
	RWLocked[K, V]
	_ [64]byte // keeps neighbours off the cache line of the lock
}

var seed = maphash.MakeSeed()

// shard is the part that has the key, if the map has it.
func (m *Sharded[K, V]) shard(key K) *RWLocked[K, V] {
	return &m.shards[maphash.Comparable(seed, key)%shards].RWLocked
}

func (m *Sharded[K, V]) Load(key K) (value V, ok bool) { return m.shard(key).Load(key) }

func (m *Sharded[K, V]) Store(key K, value V) { m.shard(key).Store(key, value) }

func (m *Sharded[K, V]) Delete(key K) { m.shard(key).Delete(key) }

func (m *Sharded[K, V]) Range(f func(key K, value V) bool) {
	for i := range m.shards {
		for key, value := range m.shards[i].snapshot() {
			if !f(key, value) {
				return
			}
		}
	}
}

func (s *shard[K, V]) snapshot() table[K, V] {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return maps.Clone(s.entries)
}

func (m *Sharded[K, V]) LoadOrStore(key K, value V) (actual V, loaded bool) {
	return m.shard(key).LoadOrStore(key, value)
}

func (m *Sharded[K, V]) LoadAndDelete(key K) (value V, loaded bool) {
	return m.shard(key).LoadAndDelete(key)
}

func (m *Sharded[K, V]) Swap(key K, value V) (previous V, loaded bool) {
	return m.shard(key).Swap(key, value)
}

func (m *Sharded[K, V]) CompareAndSwap(key K, old, new V) (swapped bool) {
	return m.shard(key).CompareAndSwap(key, old, new)
}

func (m *Sharded[K, V]) CompareAndDelete(key K, old V) (deleted bool) {
	return m.shard(key).CompareAndDelete(key, old)
}

// Clear holds all locks together: part after part, it could take away what is stored
// after it has begun and leave what was stored before that.
func (m *Sharded[K, V]) Clear() {
	for i := range m.shards {
		m.shards[i].mu.Lock()
		defer m.shards[i].mu.Unlock()
	}
	for i := range m.shards {
		m.shards[i].entries.clear()
	}
}

// Len holds all locks together too, so as not to count an entry that has moved from
// one key to another twice, or not at all.
func (m *Sharded[K, V]) Len() (n int) {
	for i := range m.shards {
		m.shards[i].mu.RLock()
		defer m.shards[i].mu.RUnlock()
	}
	for i := range m.shards {
		n += len(m.shards[i].entries)
	}
	return n
}
