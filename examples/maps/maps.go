// Package maps has the maps that goroutines can share, each in its plainest form,
// with one set of methods: that of [sync.Map], typed. README.md says when to use
// which; package broken has the mistakes that are easily made in each.
package maps

// A Map is a map that goroutines can use at the same time. Its methods do what those
// of [sync.Map] do, each as if at one moment (the map is linearizable). Range is the
// exception, and what it promises is said at each map; so is Len at some.
//
// The zero value of the maps of this package is an empty map that is ready to use. A
// map must not be copied after its first use.
type Map[K comparable, V any] interface {
	Load(key K) (value V, ok bool)
	Store(key K, value V)
	Delete(key K)
	// Range calls f for the entries until f returns false.
	Range(f func(key K, value V) bool)

	LoadOrStore(key K, value V) (actual V, loaded bool)
	LoadAndDelete(key K) (value V, loaded bool)
	Swap(key K, value V) (previous V, loaded bool)
	// CompareAndSwap and CompareAndDelete compare values as [any], and so panic at
	// those that can't be compared.
	CompareAndSwap(key K, old, new V) (swapped bool)
	CompareAndDelete(key K, old V) (deleted bool)
	Clear()
	Len() int
}

var (
	_ Map[string, any] = (*Sync[string, any])(nil)
	_ Map[string, any] = (*Locked[string, any])(nil)
	_ Map[string, any] = (*RWLocked[string, any])(nil)
	_ Map[string, any] = (*Sharded[string, any])(nil)
	_ Map[string, any] = (*RCU[string, any])(nil)
	_ Map[string, any] = (*View[string, any])(nil)
)
