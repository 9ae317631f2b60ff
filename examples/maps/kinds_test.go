package maps_test

import (
	"testing"

	"github.com/leakassert/leakassert/examples/maps"
	"github.com/leakassert/leakassert/examples/maps/broken"
)

// A store has the methods that the broken maps have too.
type store[K comparable, V any] interface {
	Load(key K) (value V, ok bool)
	Store(key K, value V)
	Delete(key K)
	Range(f func(key K, value V) bool)
}

type kind[M any] struct {
	name string
	new  func() M
	// rangeWrites is whether Range's callback may write to the map.
	rangeWrites bool
}

func kinds[K comparable, V any]() []kind[maps.Map[K, V]] {
	return []kind[maps.Map[K, V]]{
		{"sync.Map", func() maps.Map[K, V] { return new(maps.Sync[K, V]) }, true},
		{"map+Mutex", func() maps.Map[K, V] { return new(maps.Locked[K, V]) }, false},
		{"map+RWMutex", func() maps.Map[K, V] { return new(maps.RWLocked[K, V]) }, false},
		{"sharded", func() maps.Map[K, V] { return new(maps.Sharded[K, V]) }, true},
		{"RCU", func() maps.Map[K, V] { return new(maps.RCU[K, V]) }, true},
		{"view", func() maps.Map[K, V] { return new(maps.View[K, V]) }, true},
	}
}

func brokenKinds[K comparable, V any]() []kind[store[K, V]] {
	return []kind[store[K, V]]{
		{"UnlocksEarly", func() store[K, V] { return new(broken.UnlocksEarly[K, V]) }, false},
		{"KeepsDeleted", func() store[K, V] { return new(broken.KeepsDeleted[K, V]) }, true},
		{"SkipsKeys", func() store[K, V] { return new(broken.SkipsKeys[K, V]) }, true},
		{"LosesUpdates", func() store[K, V] { return new(broken.LosesUpdates[K, V]) }, true},
		{"ChecksThenFrees", func() store[K, V] { return new(broken.ChecksThenFrees[K, V]) }, true},
	}
}

// each runs a test of every kind.
func each[M any](t *testing.T, kinds []kind[M], test func(t *testing.T, k kind[M])) {
	for _, k := range kinds {
		t.Run(k.name, func(t *testing.T) { test(t, k) })
	}
}
