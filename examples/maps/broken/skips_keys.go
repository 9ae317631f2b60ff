package broken

import (
	"hash/maphash"
	"slices"
	"sync"
)

// SkipsKeys is a table of hashes that doubles when it is full, and a Range that locks
// it for a bucket at a time, so that it can be written to meanwhile. If it doubles
// meanwhile, Range skips entries that nobody has touched.
type SkipsKeys[K comparable, V any] struct {
	mu      sync.RWMutex
	seed    maphash.Seed
	buckets [][]entry[K, V] // a power of two
	entries int
}

type entry[K comparable, V any] struct {
	key   K
	value V
}

func (m *SkipsKeys[K, V]) Range(f func(key K, value V) bool) {
	// Mistake: when the number has doubled, half of what was in bucket i is in bucket i+n.
	n := m.size()
	for i := range n {
		for _, e := range m.snapshot(i) {
			if !f(e.key, e.value) {
				return
			}
		}
	}
}

func (m *SkipsKeys[K, V]) size() int {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return len(m.buckets)
}

func (m *SkipsKeys[K, V]) snapshot(bucket int) []entry[K, V] {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return slices.Clone(m.buckets[bucket])
}

// find is the bucket of the key, and the place in it or -1. There are buckets.
func (m *SkipsKeys[K, V]) find(key K) (bucket *[]entry[K, V], i int) {
	b := maphash.Comparable(m.seed, key) & uint64(len(m.buckets)-1)
	return &m.buckets[b], slices.IndexFunc(m.buckets[b], func(e entry[K, V]) bool { return e.key == key })
}

func (m *SkipsKeys[K, V]) Load(key K) (value V, ok bool) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if m.entries == 0 {
		return value, false
	}
	bucket, i := m.find(key)
	if i < 0 {
		return value, false
	}
	return (*bucket)[i].value, true
}

func (m *SkipsKeys[K, V]) Store(key K, value V) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.buckets == nil {
		m.seed = maphash.MakeSeed()
		m.buckets = make([][]entry[K, V], 2)
	}
	bucket, i := m.find(key)
	if i >= 0 {
		(*bucket)[i].value = value
		return
	}
	if m.entries == len(m.buckets) {
		m.double()
		bucket, _ = m.find(key)
	}
	*bucket = append(*bucket, entry[K, V]{key, value})
	m.entries++
}

func (m *SkipsKeys[K, V]) double() {
	old := m.buckets
	m.buckets = make([][]entry[K, V], 2*len(old))
	for _, entries := range old {
		for _, e := range entries {
			bucket, _ := m.find(e.key)
			*bucket = append(*bucket, e)
		}
	}
}

func (m *SkipsKeys[K, V]) Delete(key K) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.entries == 0 {
		return
	}
	if bucket, i := m.find(key); i >= 0 {
		*bucket = slices.Delete(*bucket, i, i+1)
		m.entries--
	}
}
