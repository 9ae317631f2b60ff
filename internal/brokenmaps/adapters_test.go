//go:build !go1.27

package brokenmaps

import (
	"encoding/binary"
	"strconv"

	"github.com/alphadose/haxmap"
	csmap "github.com/mhmtszr/concurrent-swiss-map"
	"github.com/puzpuzpuz/xsync/v3"
)

func newXsync() Map    { return typed{xsync.NewMapOf[int, int]()} }
func newXsyncAny() Map { return newStringSized(xsync.NewMap()) }
func newSwiss() Map    { return newSharded(csmap.Create[int, int]()) }

// number is v as an int, 0 if it is none.
func number(v any) int {
	n, _ := v.(int)
	return n
}

func found(v any, ok bool) (int, bool) { return number(v), ok }

// stringKeyed adapts xsync's maps from string to any.
type stringKeyed struct{ m stringMap }

type stringMap interface {
	Load(string) (any, bool)
	Store(string, any)
	LoadOrStore(string, any) (any, bool)
	LoadAndDelete(string) (any, bool)
	Delete(string)
	Range(func(string, any) bool)
}

func (s stringKeyed) Load(k int) (int, bool) { return found(s.m.Load(strconv.Itoa(k))) }
func (s stringKeyed) Store(k, v int)         { s.m.Store(strconv.Itoa(k), v) }
func (s stringKeyed) Delete(k int)           { s.m.Delete(strconv.Itoa(k)) }
func (s stringKeyed) LoadOrStore(k, v int) (int, bool) {
	return found(s.m.LoadOrStore(strconv.Itoa(k), v))
}
func (s stringKeyed) LoadAndDelete(k int) (int, bool) {
	return found(s.m.LoadAndDelete(strconv.Itoa(k)))
}

func (s stringKeyed) Range(f func(int, int) bool) {
	s.m.Range(func(k string, v any) bool {
		key, err := strconv.Atoi(k)
		if err != nil {
			panic("brokenmaps: Range shows a key that was never stored: " + strconv.Quote(k))
		}
		return f(key, number(v))
	})
}

type stringSized struct {
	stringKeyed
	size func() int
}

func newStringSized(m interface {
	stringMap
	Size() int
}) Map {
	return stringSized{stringKeyed{m}, m.Size}
}

func (s stringSized) Len() int { return s.size() }

// storedResult mends the result of a LoadOrStore that stored, a bug that
// xsync v1.0.2 stands for, so that the deadlock alone is left.
type storedResult struct{ stringKeyed }

func (s storedResult) LoadOrStore(k, v int) (int, bool) {
	actual, loaded := s.stringKeyed.LoadOrStore(k, v)
	if !loaded {
		return v, false
	}
	return actual, true
}

// typed adapts xsync's generic maps, without Clear: a bug of Clear would hide those that other versions stand for.
type typed struct{ typedMap }

type typedMap interface {
	Map
	LoadOrStore(int, int) (int, bool)
	LoadAndStore(int, int) (int, bool)
	LoadAndDelete(int) (int, bool)
	Size() int
}

// typedClear has a Clear, too.
type typedClear struct {
	typed
	clear func()
}

func (t typedClear) Clear() { t.clear() }

func (t typed) Len() int { return t.Size() }

// Swap returns 0 for an absent key, where LoadAndStore returns the new value.
func (t typed) Swap(k, v int) (int, bool) {
	old, loaded := t.LoadAndStore(k, v)
	if !loaded {
		return 0, false
	}
	return old, true
}

// untyped adapts hashmap before it had type parameters.
type untyped[KV ~struct{ Key, Value any }] struct {
	m interface {
		Get(any) (any, bool)
		Set(any, any)
		GetOrInsert(any, any) (any, bool)
		Cas(any, any, any) bool
		Del(any)
		Len() int
		Iter() <-chan KV
	}
}

func (u untyped[KV]) Load(k int) (int, bool)              { return found(u.m.Get(k)) }
func (u untyped[KV]) Store(k, v int)                      { u.m.Set(k, v) }
func (u untyped[KV]) Delete(k int)                        { u.m.Del(k) }
func (u untyped[KV]) Len() int                            { return u.m.Len() }
func (u untyped[KV]) LoadOrStore(k, v int) (int, bool)    { return found(u.m.GetOrInsert(k, v)) }
func (u untyped[KV]) CompareAndSwap(k, old, new int) bool { return u.m.Cas(k, old, new) }

// Range receives all entries, also when f returns false: that frees the goroutine that
// sends them.
func (u untyped[KV]) Range(f func(int, int) bool) {
	more := true
	for kv := range u.m.Iter() {
		if more {
			kv := struct{ Key, Value any }(kv)
			more = f(number(kv.Key), number(kv.Value))
		}
	}
}

// inserter adapts hashmap with type parameters.
type inserter struct{ hashMap }

type hashMap interface {
	Get(int) (int, bool)
	Set(int, int)
	GetOrInsert(int, int) (int, bool)
	Del(int) bool
	Len() int
	Range(func(int, int) bool)
}

func (i inserter) Load(k int) (int, bool)           { return i.Get(k) }
func (i inserter) Store(k, v int)                   { i.Set(k, v) }
func (i inserter) LoadOrStore(k, v int) (int, bool) { return i.GetOrInsert(k, v) }
func (i inserter) Delete(k int)                     { i.Del(k) }

// lockFree adapts haxmap. Its Swap has no counterpart: it stores only where
// there is a value to swap.
type lockFree struct {
	m interface {
		Get(int) (int, bool)
		Set(int, int)
		GetOrSet(int, int) (int, bool)
		CompareAndSwap(int, int, int) bool
		Del(...int)
		ForEach(func(int, int) bool)
		Len() uintptr
	}
}

func (l lockFree) Load(k int) (int, bool)              { return l.m.Get(k) }
func (l lockFree) Store(k, v int)                      { l.m.Set(k, v) }
func (l lockFree) LoadOrStore(k, v int) (int, bool)    { return l.m.GetOrSet(k, v) }
func (l lockFree) CompareAndSwap(k, old, new int) bool { return l.m.CompareAndSwap(k, old, new) }
func (l lockFree) Delete(k int)                        { l.m.Del(k) }
func (l lockFree) Range(f func(int, int) bool)         { l.m.ForEach(f) }
func (l lockFree) Len() int                            { return int(l.m.Len()) }

type lockFreeMore struct {
	lockFree
	more *haxmap.Map[int, int]
}

func (l lockFreeMore) LoadAndDelete(k int) (int, bool) { return l.more.GetAndDel(k) }
func (l lockFreeMore) Clear()                          { l.more.Clear() }

// skip adapts skipmap, and gg's copy of it.
type skip struct{ skipList }

type skipList interface {
	Load(int) (int, bool)
	Store(int, int)
	LoadOrStore(int, int) (int, bool)
	LoadAndDelete(int) (int, bool)
	Delete(int) bool
	Range(func(int, int) bool)
	Len() int
}

// Delete drops the result.
func (s skip) Delete(k int) { s.skipList.Delete(k) }

// sharded adapts concurrent-swiss-map, whose Range stops on true.
type sharded struct{ swissMap }

type swissMap interface {
	Load(int) (int, bool)
	Store(int, int)
	Delete(int) bool
	Count() int
	Range(func(int, int) bool)
}

func (s sharded) Delete(k int) { s.swissMap.Delete(k) }
func (s sharded) Len() int     { return s.Count() }

func (s sharded) Range(f func(int, int) bool) {
	s.swissMap.Range(func(k, v int) (stop bool) { return !f(k, v) })
}

type shardedClear struct {
	sharded
	clear func()
}

func newSharded(m interface {
	swissMap
	Clear()
}) Map {
	return shardedClear{sharded{m}, m.Clear}
}

func (s shardedClear) Clear() { s.clear() }

// trie adapts ctrie. Its Insert is Store, its Remove is LoadAndDelete.
type trie[E any] struct {
	m interface {
		Lookup([]byte) (any, bool)
		Insert([]byte, any)
		Remove([]byte) (any, bool)
		Size() uint
		Clear()
		Iterator(cancel <-chan struct{}) <-chan E
	}
	entry func(E) (key []byte, value any)
}

func trieKey(k int) []byte { return binary.BigEndian.AppendUint64(nil, uint64(k)) }

func (t trie[E]) Load(k int) (int, bool)          { return found(t.m.Lookup(trieKey(k))) }
func (t trie[E]) Store(k, v int)                  { t.m.Insert(trieKey(k), v) }
func (t trie[E]) Delete(k int)                    { t.m.Remove(trieKey(k)) }
func (t trie[E]) Len() int                        { return int(t.m.Size()) }
func (t trie[E]) Clear()                          { t.m.Clear() }
func (t trie[E]) LoadAndDelete(k int) (int, bool) { return found(t.m.Remove(trieKey(k))) }

func (t trie[E]) Range(f func(int, int) bool) {
	cancel := make(chan struct{})
	defer close(cancel)
	for e := range t.m.Iterator(cancel) {
		k, v := t.entry(e)
		if !f(int(binary.BigEndian.Uint64(k)), number(v)) {
			return
		}
	}
}
