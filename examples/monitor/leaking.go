package monitor

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// Leaking is the map whose counter is wrong: it counts each Store, also of a key that is
// there already, and Delete takes nothing off. The alarm is false sooner or later, and
// then comes with every Store. Also its cleanup keeps the map for good.
type Leaking[K comparable, T any] struct {
	threshold int64
	alarm     func(entries int64)
	entries   sync.Map // of *T, by K
	stored    atomic.Int64
	live      atomic.Int64
	loads     atomic.Int64
	misses    atomic.Int64
}

// NewLeaking makes a map that calls alarm when it has more entries than the threshold.
func NewLeaking[K comparable, T any](threshold int64, alarm func(entries int64)) *Leaking[K, T] {
	return &Leaking[K, T]{threshold: threshold, alarm: alarm}
}

// Store sets the value of a key.
func (l *Leaking[K, T]) Store(key K, value *T) {
	l.entries.Store(key, value)
	l.live.Add(1)
	// The cleanup has l, which has the map, which has the value: while the map has an
	// entry nothing of it is garbage.
	runtime.AddCleanup(value, func(l *Leaking[K, T]) { l.live.Add(-1) }, l)
	if n := l.stored.Add(1); n > l.threshold {
		l.alarm(n)
	}
}

// Load returns the value of a key.
func (l *Leaking[K, T]) Load(key K) (*T, bool) {
	l.loads.Add(1)
	value, ok := l.entries.Load(key)
	if !ok {
		l.misses.Add(1)
		return nil, false
	}
	return value.(*T), true
}

// Delete removes a key.
func (l *Leaking[K, T]) Delete(key K) { l.entries.Delete(key) } // and stored stays as it is

// Stats returns the statistics.
func (l *Leaking[K, T]) Stats() Stats {
	return newStats(l.stored.Load(), l.loads.Load(), l.misses.Load(), l.live.Load())
}
