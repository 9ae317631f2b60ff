package maps

import "sync"

// Sync is a [sync.Map] with types. Readers take no lock, and writers one that few
// share: that of a node in a trie of hashes. Keys and values are kept as [any], so to
// store a number is to allocate.
//
// Range gives every entry that is there from its beginning to its end once, and may
// or may not give one that is stored or deleted meanwhile. Its callback may call any
// method. Len counts what Range gives, which takes as long.
type Sync[K comparable, V any] struct {
	m sync.Map
}

func (s *Sync[K, V]) Load(key K) (value V, ok bool) { return typed[V](s.m.Load(key)) }

func (s *Sync[K, V]) Store(key K, value V) { s.m.Store(key, value) }

func (s *Sync[K, V]) Delete(key K) { s.m.Delete(key) }

func (s *Sync[K, V]) Range(f func(key K, value V) bool) {
	s.m.Range(func(k, v any) bool {
		key, _ := typed[K](k, true)
		value, _ := typed[V](v, true)
		return f(key, value)
	})
}

func (s *Sync[K, V]) LoadOrStore(key K, value V) (actual V, loaded bool) {
	return typed[V](s.m.LoadOrStore(key, value))
}

func (s *Sync[K, V]) LoadAndDelete(key K) (value V, loaded bool) {
	return typed[V](s.m.LoadAndDelete(key))
}

func (s *Sync[K, V]) Swap(key K, value V) (previous V, loaded bool) {
	return typed[V](s.m.Swap(key, value))
}

func (s *Sync[K, V]) CompareAndSwap(key K, old, new V) (swapped bool) {
	return s.m.CompareAndSwap(key, old, new)
}

func (s *Sync[K, V]) CompareAndDelete(key K, old V) (deleted bool) {
	// A value that can't be compared panics here, before it does so in sync.Map, whose
	// CompareAndDelete leaves a node locked then (Go 1.26 and 1.27).
	equal(old, old)
	return s.m.CompareAndDelete(key, old)
}

func (s *Sync[K, V]) Clear() { s.m.Clear() }

func (s *Sync[K, V]) Len() (n int) {
	s.m.Range(func(any, any) bool { n++; return true })
	return n
}

func equal(a, b any) bool { return a == b }

// typed gives what a sync.Map has returned its type. The assertion must not panic: a
// nil where T is an interface is a nil any, which is of no type at all.
func typed[T any](v any, ok bool) (T, bool) {
	t, _ := v.(T)
	return t, ok
}
