package maps

import (
	"hash/maphash"
	"maps"
	"sync"
)

// A View is a [Buffered] map as a [Map]: only Store is put off, and what reads flushes
// first. All that is done to a key goes through one buffer, under that buffer's lock,
// so reading needs to flush no other, and two stores to a key can't change places.
// What others write to the Buffered map is seen when they have flushed it, and they
// don't see what is in the View's buffers.
//
// Delete is not put off, so that what was deleted can be freed. Range flushes all,
// copies the map and gives the entries as they are at that moment; its callback may
// call any method.
type View[K comparable, V any] struct {
	Buffered[K, V]
	buffers [buffers]buffer[K, V]
}

const buffers = 8

type buffer[K comparable, V any] struct {
	mu     sync.Mutex
	writer Writer[K, V]
	_      [64]byte // keeps neighbours off the cache line of the lock
}

// buffer is the buffer of the key, locked.
func (v *View[K, V]) buffer(key K) *buffer[K, V] {
	b := &v.buffers[maphash.Comparable(seed, key)%buffers]
	b.mu.Lock()
	b.writer.to = &v.flushed
	return b
}

// flush locks the buffer of the key and empties it. The caller unlocks it when it has
// done to the key what it wants to.
func (v *View[K, V]) flush(key K) *sync.Mutex {
	b := v.buffer(key)
	b.writer.Flush()
	return &b.mu
}

// flushAll locks all buffers and empties them.
func (v *View[K, V]) flushAll() (unlock func()) {
	for i := range v.buffers {
		v.buffers[i].mu.Lock()
		v.buffers[i].writer.Flush()
	}
	return func() {
		for i := range v.buffers {
			v.buffers[i].mu.Unlock()
		}
	}
}

func (v *View[K, V]) Store(key K, value V) {
	b := v.buffer(key)
	defer b.mu.Unlock()
	b.writer.Store(key, value)
}

func (v *View[K, V]) Load(key K) (value V, ok bool) {
	defer v.flush(key).Unlock()
	return v.flushed.Load(key)
}

func (v *View[K, V]) Delete(key K) {
	defer v.flush(key).Unlock()
	v.flushed.Delete(key)
}

func (v *View[K, V]) Range(f func(key K, value V) bool) {
	for key, value := range v.snapshot() {
		if !f(key, value) {
			return
		}
	}
}

func (v *View[K, V]) snapshot() table[K, V] {
	defer v.flushAll()()
	v.flushed.mu.RLock()
	defer v.flushed.mu.RUnlock()
	return maps.Clone(v.flushed.entries)
}

func (v *View[K, V]) LoadOrStore(key K, value V) (actual V, loaded bool) {
	defer v.flush(key).Unlock()
	return v.flushed.LoadOrStore(key, value)
}

func (v *View[K, V]) LoadAndDelete(key K) (value V, loaded bool) {
	defer v.flush(key).Unlock()
	return v.flushed.LoadAndDelete(key)
}

func (v *View[K, V]) Swap(key K, value V) (previous V, loaded bool) {
	defer v.flush(key).Unlock()
	return v.flushed.Swap(key, value)
}

func (v *View[K, V]) CompareAndSwap(key K, old, new V) (swapped bool) {
	defer v.flush(key).Unlock()
	return v.flushed.CompareAndSwap(key, old, new)
}

func (v *View[K, V]) CompareAndDelete(key K, old V) (deleted bool) {
	defer v.flush(key).Unlock()
	return v.flushed.CompareAndDelete(key, old)
}

func (v *View[K, V]) Clear() {
	defer v.flushAll()()
	v.flushed.Clear()
}

func (v *View[K, V]) Len() int {
	defer v.flushAll()()
	return v.flushed.Len()
}
