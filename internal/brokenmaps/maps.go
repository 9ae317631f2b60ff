//go:build !go1.27

package brokenmaps

import (
	"encoding/binary"
	"strconv"

	ctrie1038 "broken.example/ctrie1038/trie/ctrie"
	hashmap100 "broken.example/hashmap100"
	hashmap101 "broken.example/hashmap101"
	hashmap103 "broken.example/hashmap103"
	haxmap120 "broken.example/haxmap120"
	swiss100 "broken.example/swiss100"
	swiss106 "broken.example/swiss106"
	xsync100 "broken.example/xsync100"
	xsync102 "broken.example/xsync102"
	xsync230 "broken.example/xsync230/v2"
	xsync240 "broken.example/xsync240/v2"
	xsync301 "broken.example/xsync301/v3"
	"github.com/Workiva/go-datastructures/trie/ctrie"
	"github.com/alphadose/haxmap"
	"github.com/bytedance/gg/collection/skipmap"
	"github.com/cornelk/hashmap"
	csmap "github.com/mhmtszr/concurrent-swiss-map"
	xsync152 "github.com/puzpuzpuz/xsync"
	"github.com/puzpuzpuz/xsync/v3"
)

// Map is what every map here has. Where the module has more, its adapter has
// it too, under the names that sync.Map uses: LoadOrStore, LoadAndDelete,
// Swap, CompareAndSwap, Clear; and Len.
type Map = interface {
	Load(int) (int, bool)
	Store(int, int)
	Delete(int)
	Range(func(int, int) bool)
}

// Case is one version with one known bug.
type Case struct {
	Name   string     // module and version
	Bug    string     // what goes wrong
	Source string     // the public report or fix
	New    func() Map // a map with the bug
	Fixed  func() Map // the same map without it; nil if no release has that
}

// Cases lists the versions, one bug each. A version may have other bugs too.
var Cases = []Case{
	{
		Name:   "xsync v1.0.0",
		Bug:    "LoadOrStore that finds the key under the bucket's lock returns without unlocking: the next write to the bucket waits for ever",
		Source: "https://github.com/puzpuzpuz/xsync/pull/23",
		New:    func() Map { return storedResult{stringKeyed{xsync100.NewMap()}} },
		Fixed:  newXsyncAny,
	},
	{
		Name:   "xsync v1.0.2",
		Bug:    "LoadOrStore returns nil, not the given value, when it stores",
		Source: "https://github.com/puzpuzpuz/xsync/pull/36",
		New:    func() Map { return stringKeyed{xsync102.NewMap()} },
		Fixed:  newXsyncAny,
	},
	{
		Name:   "xsync v1.5.2",
		Bug:    "an insertion into a chained bucket writes the hash bits of another bucket: stored keys cannot be found, and appear twice once stored again",
		Source: "https://github.com/puzpuzpuz/xsync/pull/63",
		New: func() Map {
			m := xsync152.NewMap()
			return stringSized{stringKeyed{m}, m.Size}
		},
		Fixed: newXsyncAny,
	},
	{
		Name:   "xsync v2.3.0",
		Bug:    "Range reads a chain of buckets without its lock: a key that is deleted and stored again meanwhile is shown twice",
		Source: "https://github.com/puzpuzpuz/xsync/pull/87",
		New: func() Map {
			m := xsync230.NewIntegerMapOf[int, int]()
			return typed{m, m.Clear}
		},
		Fixed: newXsync,
	},
	{
		Name:   "xsync v2.4.0",
		Bug:    "a store beside a shrinking or growing table goes to the table that is given up",
		Source: "https://github.com/puzpuzpuz/xsync/pull/111",
		New: func() Map {
			m := xsync240.NewIntegerMapOf[int, int]()
			return typed{m, m.Clear}
		},
		Fixed: newXsync,
	},
	{
		Name:   "xsync v3.0.1",
		Bug:    "concurrent deletions shrink the table below its least size, down to none: index out of range",
		Source: "https://github.com/puzpuzpuz/xsync/pull/113",
		New: func() Map {
			m := xsync301.NewMapOf[int, int]()
			return typed{m, m.Clear}
		},
		Fixed: newXsync,
	},
	{
		Name:   "hashmap v1.0.0",
		Bug:    "data race on the links of the list between an insertion and a read",
		Source: "https://github.com/cornelk/hashmap/issues/31",
		New: func() Map {
			m := new(hashmap100.HashMap)
			return untyped{m, func(f func(k, v any) bool) {
				drain(m.Iter(), func(kv hashmap100.KeyValue) bool { return f(kv.Key, kv.Value) })
			}}
		},
	},
	{
		Name:   "hashmap v1.0.1",
		Bug:    "a CompareAndSwap that succeeds adds one to Len",
		Source: "https://github.com/cornelk/hashmap/pull/51",
		New: func() Map {
			m := new(hashmap101.HashMap)
			return untyped{m, func(f func(k, v any) bool) {
				drain(m.Iter(), func(kv hashmap101.KeyValue) bool { return f(kv.Key, kv.Value) })
			}}
		},
	},
	{
		Name:   "hashmap v1.0.3",
		Bug:    "a store while the index grows is lost to Load",
		Source: "https://github.com/cornelk/hashmap/issues/54",
		New:    func() Map { return inserter{hashmap103.New[int, int]()} },
	},
	{
		Name:   "hashmap v1.0.8",
		Bug:    "LoadOrStore of a key that was deleted before never returns, or returns the deleted value",
		Source: "https://github.com/cornelk/hashmap/issues/67",
		New:    func() Map { return inserter{hashmap.New[int, int]()} },
	},
	{
		Name:   "haxmap v1.2.0",
		Bug:    "a store after a deletion updates the deleted element: the key stays absent",
		Source: "https://github.com/alphadose/haxmap/issues/33",
		New: func() Map {
			m := haxmap120.New[int, int]()
			return lockFree{m}
		},
	},
	{
		Name:   "haxmap v1.4.1",
		Bug:    "two LoadOrStore calls of one key both store; stores get linked to deleted elements",
		Source: "https://github.com/alphadose/haxmap/issues/32",
		New: func() Map {
			m := haxmap.New[int, int]()
			return lockFreeMore{lockFree{m}, m.GetAndDel, m.Clear}
		},
	},
	{
		Name:   "gg skipmap v1.1.0",
		Bug:    "a store beside LoadAndDelete writes to the node that is being deleted: the new value is lost",
		Source: "https://github.com/bytedance/gg/issues/36",
		New:    func() Map { return skip{skipmap.New[int, int]()} },
	},
	{
		Name:   "concurrent-swiss-map v1.0.0",
		Bug:    "Range that is stopped early keeps a shard's lock: the next store to the shard waits for ever",
		Source: "https://github.com/mhmtszr/concurrent-swiss-map/pull/1",
		New:    func() Map { return sharded{swiss100.Create[int, int]()} },
		Fixed:  newSwiss,
	},
	{
		Name:   "concurrent-swiss-map v1.0.6",
		Bug:    "a write in Range's callback waits for ever",
		Source: "https://github.com/mhmtszr/concurrent-swiss-map/issues/8",
		New: func() Map {
			m := swiss106.Create[int, int]()
			return shardedClear{sharded{m}, m.Clear}
		},
		Fixed: newSwiss,
	},
	{
		Name:   "ctrie v1.0.38",
		Bug:    "Range and Len leave out a key that a deletion left alone in its branch",
		Source: "https://github.com/Workiva/go-datastructures/issues/171",
		New: func() Map {
			m := ctrie1038.New(nil)
			return trie{m, func(cancel chan struct{}, f func([]byte, any) bool) {
				for e := range m.Iterator(cancel) {
					if !f(e.Key, e.Value) {
						return
					}
				}
			}}
		},
		Fixed: func() Map {
			m := ctrie.New(nil)
			return trie{m, func(cancel chan struct{}, f func([]byte, any) bool) {
				for e := range m.Iterator(cancel) {
					if !f(e.Key, e.Value) {
						return
					}
				}
			}}
		},
	},
}

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
