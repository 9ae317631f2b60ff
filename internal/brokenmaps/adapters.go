//go:build !go1.27

package brokenmaps

import (
	"encoding/binary"
	"strconv"

	"github.com/bytedance/gg/collection/skipmap"
	csmap "github.com/mhmtszr/concurrent-swiss-map"
	"github.com/puzpuzpuz/xsync/v3"
)

func newXsync() Map {
	m := xsync.NewMapOf[int, int]()
	return typed{m, m.Clear}
}

func newXsyncAny() Map {
	m := xsync.NewMap()
	return stringSized{stringKeyed{m}, m.Size}
}

func newSwiss() Map {
	m := csmap.Create[int, int]()
	return shardedClear{sharded{m}, m.Clear}
}

// number is v as an int, 0 if it is none.
func number(v any) int {
	n, _ := v.(int)
	return n
}

// stringKeyed adapts xsync's maps from string to any.
type stringKeyed struct {
	m interface {
		Load(string) (any, bool)
		Store(string, any)
		LoadOrStore(string, any) (any, bool)
		LoadAndDelete(string) (any, bool)
		Delete(string)
		Range(func(string, any) bool)
	}
}

func (s stringKeyed) Load(k int) (int, bool) {
	v, ok := s.m.Load(strconv.Itoa(k))
	return number(v), ok
}

func (s stringKeyed) Store(k, v int) { s.m.Store(strconv.Itoa(k), v) }
func (s stringKeyed) Delete(k int)   { s.m.Delete(strconv.Itoa(k)) }

func (s stringKeyed) LoadOrStore(k, v int) (int, bool) {
	actual, loaded := s.m.LoadOrStore(strconv.Itoa(k), v)
	return number(actual), loaded
}

func (s stringKeyed) LoadAndDelete(k int) (int, bool) {
	v, loaded := s.m.LoadAndDelete(strconv.Itoa(k))
	return number(v), loaded
}

func (s stringKeyed) Range(f func(int, int) bool) {
	s.m.Range(func(k string, v any) bool {
		n, err := strconv.Atoi(k)
		if err != nil {
			panic("brokenmaps: Range shows a key that was never stored: " + strconv.Quote(k))
		}
		return f(n, number(v))
	})
}

type stringSized struct {
	stringKeyed
	size func() int
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

// typed adapts xsync's generic maps.
type typed struct {
	typedMap
	clear func()
}

type typedMap interface {
	Load(int) (int, bool)
	Store(int, int)
	LoadOrStore(int, int) (int, bool)
	LoadAndStore(int, int) (int, bool)
	LoadAndDelete(int) (int, bool)
	Delete(int)
	Range(func(int, int) bool)
	Size() int
}

func (t typed) Len() int { return t.Size() }
func (t typed) Clear()   { t.clear() }

// Swap returns 0 for an absent key, where LoadAndStore returns the new value.
func (t typed) Swap(k, v int) (int, bool) {
	old, loaded := t.LoadAndStore(k, v)
	if !loaded {
		return 0, false
	}
	return old, true
}

// untyped adapts hashmap before it had type parameters.
type untyped struct {
	m interface {
		Get(any) (any, bool)
		Set(any, any)
		GetOrInsert(any, any) (any, bool)
		Cas(any, any, any) bool
		Del(any)
		Len() int
	}
	each func(func(k, v any) bool)
}

func (u untyped) Load(k int) (int, bool) {
	v, ok := u.m.Get(k)
	return number(v), ok
}

func (u untyped) Store(k, v int) { u.m.Set(k, v) }
func (u untyped) Delete(k int)   { u.m.Del(k) }
func (u untyped) Len() int       { return u.m.Len() }

func (u untyped) LoadOrStore(k, v int) (int, bool) {
	actual, loaded := u.m.GetOrInsert(k, v)
	return number(actual), loaded
}

func (u untyped) CompareAndSwap(k, old, new int) bool { return u.m.Cas(k, old, new) }

func (u untyped) Range(f func(int, int) bool) {
	u.each(func(k, v any) bool { return f(number(k), number(v)) })
}

// drain calls f with what c brings until f returns false, and receives the
// rest, which frees the goroutine that sends it.
func drain[T any](c <-chan T, f func(T) bool) {
	more := true
	for v := range c {
		if more {
			more = f(v)
		}
	}
}

// inserter adapts hashmap with type parameters.
type inserter struct {
	m interface {
		Get(int) (int, bool)
		Set(int, int)
		GetOrInsert(int, int) (int, bool)
		Del(int) bool
		Len() int
		Range(func(int, int) bool)
	}
}

func (i inserter) Load(k int) (int, bool)           { return i.m.Get(k) }
func (i inserter) Store(k, v int)                   { i.m.Set(k, v) }
func (i inserter) LoadOrStore(k, v int) (int, bool) { return i.m.GetOrInsert(k, v) }
func (i inserter) Delete(k int)                     { i.m.Del(k) }
func (i inserter) Len() int                         { return i.m.Len() }
func (i inserter) Range(f func(int, int) bool)      { i.m.Range(f) }

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
	getAndDel func(int) (int, bool)
	clear     func()
}

func (l lockFreeMore) LoadAndDelete(k int) (int, bool) { return l.getAndDel(k) }
func (l lockFreeMore) Clear()                          { l.clear() }

// skip adapts gg's skipmap.
type skip struct {
	*skipmap.OrderedMap[int, int]
}

// Delete drops the result.
func (s skip) Delete(k int) { s.OrderedMap.Delete(k) }

// sharded adapts concurrent-swiss-map, whose Range stops on true.
type sharded struct {
	m interface {
		Load(int) (int, bool)
		Store(int, int)
		Delete(int) bool
		Count() int
		Range(func(int, int) bool)
	}
}

func (s sharded) Load(k int) (int, bool) { return s.m.Load(k) }
func (s sharded) Store(k, v int)         { s.m.Store(k, v) }
func (s sharded) Delete(k int)           { s.m.Delete(k) }
func (s sharded) Len() int               { return s.m.Count() }

func (s sharded) Range(f func(int, int) bool) {
	s.m.Range(func(k, v int) (stop bool) { return !f(k, v) })
}

type shardedClear struct {
	sharded
	clear func()
}

func (s shardedClear) Clear() { s.clear() }

// trie adapts ctrie. Its Insert is Store, its Remove is LoadAndDelete.
type trie struct {
	m interface {
		Lookup([]byte) (any, bool)
		Insert([]byte, any)
		Remove([]byte) (any, bool)
		Size() uint
		Clear()
	}
	each func(chan struct{}, func([]byte, any) bool)
}

func trieKey(k int) []byte { return binary.BigEndian.AppendUint64(nil, uint64(k)) }

func (t trie) Load(k int) (int, bool) {
	v, ok := t.m.Lookup(trieKey(k))
	return number(v), ok
}

func (t trie) Store(k, v int) { t.m.Insert(trieKey(k), v) }
func (t trie) Delete(k int)   { t.m.Remove(trieKey(k)) }
func (t trie) Len() int       { return int(t.m.Size()) }
func (t trie) Clear()         { t.m.Clear() }

func (t trie) LoadAndDelete(k int) (int, bool) {
	v, loaded := t.m.Remove(trieKey(k))
	return number(v), loaded
}

func (t trie) Range(f func(int, int) bool) {
	cancel := make(chan struct{})
	defer close(cancel)
	t.each(cancel, func(k []byte, v any) bool { return f(int(binary.BigEndian.Uint64(k)), number(v)) })
}
