//go:build !go1.27

package brokenmaps

import (
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
	xsync152 "github.com/puzpuzpuz/xsync"
	xsync450 "github.com/puzpuzpuz/xsync/v4"
	skipmap0101 "github.com/zhangyunhao116/skipmap"
)

// Map is what every map here has. Where the module has more, its adapter has it too,
// under the names that sync.Map uses; and Len.
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
	// Processors are how many it takes until it is found within the budget; two, if 0.
	Processors int
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
		New:    func() Map { return newStringSized(xsync152.NewMap()) },
		Fixed:  newXsyncAny,
	},
	{
		Name:   "xsync v2.3.0",
		Bug:    "Range reads a chain of buckets without its lock: a key that is deleted and stored again meanwhile is shown twice",
		Source: "https://github.com/puzpuzpuz/xsync/pull/87",
		New:    func() Map { return typed{xsync230.NewIntegerMapOf[int, int]()} },
		Fixed:  newXsync,
	},
	{
		Name:   "xsync v2.4.0",
		Bug:    "a store beside a shrinking or growing table goes to the table that is given up",
		Source: "https://github.com/puzpuzpuz/xsync/pull/111",
		New:    func() Map { return typed{xsync240.NewIntegerMapOf[int, int]()} },
		Fixed:  newXsync,
	},
	{
		Name:   "xsync v3.0.1",
		Bug:    "concurrent deletions shrink the table below its least size, down to none: index out of range",
		Source: "https://github.com/puzpuzpuz/xsync/pull/113",
		New:    func() Map { return typed{xsync301.NewMapOf[int, int]()} },
		// A goroutine must stand still for as long as another shrinks the table.
		Processors: 4,
		Fixed:      newXsync,
	},
	{
		Name:   "xsync v4.5.0",
		Bug:    "Clear returns without clearing the map when it meets a resize, or another Clear",
		Source: "testdata/xsync/clear_test.go",
		New: func() Map {
			m := xsync450.NewMap[int, int]()
			return typedClear{typed{m}, m.Clear}
		},
		// The random driver finds it in some runs only.
		Processors: 4,
	},
	{
		Name:   "hashmap v1.0.0",
		Bug:    "data race on the links of the list between an insertion and a read",
		Source: "https://github.com/cornelk/hashmap/issues/31",
		New:    func() Map { return untyped[hashmap100.KeyValue]{new(hashmap100.HashMap)} },
	},
	{
		Name:   "hashmap v1.0.1",
		Bug:    "a CompareAndSwap that succeeds adds one to Len",
		Source: "https://github.com/cornelk/hashmap/pull/51",
		New:    func() Map { return untyped[hashmap101.KeyValue]{new(hashmap101.HashMap)} },
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
		New:    func() Map { return lockFree{haxmap120.New[int, int]()} },
	},
	{
		Name:   "haxmap v1.4.1",
		Bug:    "two LoadOrStore calls of one key both store; stores get linked to deleted elements",
		Source: "https://github.com/alphadose/haxmap/issues/32",
		New: func() Map {
			m := haxmap.New[int, int]()
			return lockFreeMore{lockFree{m}, m}
		},
	},
	{
		Name:   "gg skipmap v1.1.0",
		Bug:    "a store beside LoadAndDelete writes to the node that is being deleted: the new value is lost",
		Source: "https://github.com/bytedance/gg/issues/36",
		New:    func() Map { return skip{skipmap.New[int, int]()} },
	},
	{
		Name:   "skipmap v0.10.1",
		Bug:    "a store beside LoadAndDelete writes to the node that is being deleted: the new value is lost",
		Source: "testdata/skipmap/store_test.go",
		New:    func() Map { return skip{skipmap0101.New[int, int]()} },
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
		New:    func() Map { return newSharded(swiss106.Create[int, int]()) },
		Fixed:  newSwiss,
	},
	{
		Name:   "ctrie v1.0.38",
		Bug:    "Range and Len leave out a key that a deletion left alone in its branch",
		Source: "https://github.com/Workiva/go-datastructures/issues/171",
		New: func() Map {
			return trie[*ctrie1038.Entry]{ctrie1038.New(nil), func(e *ctrie1038.Entry) ([]byte, any) { return e.Key, e.Value }}
		},
		Fixed: func() Map {
			return trie[*ctrie.Entry]{ctrie.New(nil), func(e *ctrie.Entry) ([]byte, any) { return e.Key, e.Value }}
		},
	},
}
