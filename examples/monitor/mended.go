package monitor

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// Map is the map mended. sync.Map itself says whether an operation has added or removed
// an entry, and the counter follows that.
type Map[K comparable, T any] struct {
	threshold int64
	alarm     func(entries int64)
	entries   sync.Map // of *T, by K
	count     atomic.Int64
	loads     atomic.Int64
	misses    atomic.Int64
	live      *atomic.Int64 // not in the Map: cleanups have it
}

// New makes a map. It calls alarm each time the number of entries rises above the
// threshold, on the goroutine that has added the entry.
func New[K comparable, T any](threshold int64, alarm func(entries int64)) *Map[K, T] {
	return &Map[K, T]{threshold: threshold, alarm: alarm, live: new(atomic.Int64)}
}

// Store sets the value of a key.
func (m *Map[K, T]) Store(key K, value *T) { m.Swap(key, value) }

// Swap sets the value of a key, and returns the one that it had.
func (m *Map[K, T]) Swap(key K, value *T) (previous *T, loaded bool) {
	m.track(value)
	was, loaded := m.entries.Swap(key, value)
	if !loaded {
		m.added()
		return nil, false
	}
	return was.(*T), true
}

// Load returns the value of a key.
func (m *Map[K, T]) Load(key K) (*T, bool) {
	m.loads.Add(1)
	value, ok := m.entries.Load(key)
	if !ok {
		m.misses.Add(1)
		return nil, false
	}
	return value.(*T), true
}

// LoadOrStore returns the value of a key, or sets it if there is none: a miss.
func (m *Map[K, T]) LoadOrStore(key K, value *T) (actual *T, loaded bool) {
	m.loads.Add(1)
	is, loaded := m.entries.LoadOrStore(key, value)
	if !loaded {
		m.misses.Add(1)
		m.track(value)
		m.added()
	}
	return is.(*T), loaded
}

// LoadAndDelete removes a key, and returns its value.
func (m *Map[K, T]) LoadAndDelete(key K) (*T, bool) {
	value, loaded := m.entries.LoadAndDelete(key)
	if !loaded {
		return nil, false
	}
	m.count.Add(-1)
	return value.(*T), true
}

// Delete removes a key.
func (m *Map[K, T]) Delete(key K) { m.LoadAndDelete(key) }

// CompareAndDelete removes a key if its value is old.
func (m *Map[K, T]) CompareAndDelete(key K, old *T) bool {
	deleted := m.entries.CompareAndDelete(key, old)
	if deleted {
		m.count.Add(-1)
	}
	return deleted
}

// Range calls yield for each entry, as [sync.Map.Range] does.
func (m *Map[K, T]) Range(yield func(K, *T) bool) {
	m.entries.Range(func(key, value any) bool { return yield(key.(K), value.(*T)) })
}

// Stats returns the statistics. The number of entries lags behind by the operations that
// are under way.
func (m *Map[K, T]) Stats() Stats {
	return newStats(m.count.Load(), m.loads.Load(), m.misses.Load(), m.live.Load())
}

// added counts an entry. Exactly one goroutine sees a rise above the threshold.
func (m *Map[K, T]) added() {
	if n := m.count.Add(1); n == m.threshold+1 {
		m.alarm(n)
	}
}

// track counts a value until the collector has taken it. One that is stored twice counts
// twice. The cleanup has no more than the counter: from m it would reach the value, which
// would never be garbage then.
func (m *Map[K, T]) track(value *T) {
	if value == nil {
		return
	}
	m.live.Add(1)
	runtime.AddCleanup(value, func(live *atomic.Int64) { live.Add(-1) }, m.live)
}
