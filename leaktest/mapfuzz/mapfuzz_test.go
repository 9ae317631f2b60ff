package mapfuzz_test

import (
	"sync"
	"testing"
	"time"

	"github.com/leakassert/leakassert/examples/maps"
	"github.com/leakassert/leakassert/internal/faketb"
	"github.com/leakassert/leakassert/leaktest/mapfuzz"
	"github.com/stretchr/testify/assert"
)

var _ mapfuzz.TB = testing.TB(nil)

type payload struct{ _ [4]int }

// No fault is found where there is none.
func TestCleanMaps(t *testing.T) {
	soon := mapfuzz.Budget(300 * time.Millisecond)
	mapfuzz.Test(t, func() mapfuzz.Map[any, any] { return new(sync.Map) }, soon)
	for name, newMap := range map[string]func() mapfuzz.Map[int, string]{
		"Locked":   func() mapfuzz.Map[int, string] { return new(maps.Locked[int, string]) },
		"RWLocked": func() mapfuzz.Map[int, string] { return new(maps.RWLocked[int, string]) },
		"Sharded":  func() mapfuzz.Map[int, string] { return new(maps.Sharded[int, string]) },
		"RCU":      func() mapfuzz.Map[int, string] { return new(maps.RCU[int, string]) },
		"View":     func() mapfuzz.Map[int, string] { return new(maps.View[int, string]) },
	} {
		t.Run(name, func(t *testing.T) { mapfuzz.Test(t, newMap, soon) })
	}
	mapfuzz.Test(t, func() mapfuzz.Map[string, *payload] { return new(maps.Sharded[string, *payload]) }, soon)
}

func TestWrongInput(t *testing.T) {
	one := new(sync.Map)
	type bag struct{ All []int }
	newMap := func() mapfuzz.Map[any, any] { return new(sync.Map) }
	for want, call := range map[string]func(mapfuzz.TB){
		"mapfuzz: newMap is nil: pass a function that makes a map":               func(t mapfuzz.TB) { mapfuzz.Test[int, int](t, nil) },
		"mapfuzz: newMap returns nil: it must make a map":                        func(t mapfuzz.TB) { mapfuzz.Test(t, func() mapfuzz.Map[int, int] { return nil }) },
		"mapfuzz: newMap returns the same map each time: it must make a new one": func(t mapfuzz.TB) { mapfuzz.Test(t, func() mapfuzz.Map[any, any] { return one }) },
		"mapfuzz: Budget(0s): it must be more than 0":                            func(t mapfuzz.TB) { mapfuzz.Test(t, newMap, mapfuzz.Budget(0)) },
		"mapfuzz: Workers(1): it must be from 2 to 32":                           func(t mapfuzz.TB) { mapfuzz.Test(t, newMap, mapfuzz.Workers(1)) },
		"mapfuzz: MaxHeap(0): it must be more than 0":                            func(t mapfuzz.TB) { mapfuzz.Test(t, newMap, mapfuzz.MaxHeap(0)) },
		"mapfuzz: an Option is nil: leave it out":                                func(t mapfuzz.TB) { mapfuzz.Test(t, newMap, nil) },
		"mapfuzz: values of type mapfuzz_test.bag can't be told apart: drive a map of pointers to them": func(t mapfuzz.TB) {
			mapfuzz.Test(t, func() mapfuzz.Map[int, bag] { return new(maps.RWLocked[int, bag]) })
		},
		"mapfuzz: the driver can't make keys of type error: pass Keys": func(t mapfuzz.TB) {
			mapfuzz.Test(t, func() mapfuzz.Map[error, int] { return new(maps.RWLocked[error, int]) })
		},
		"mapfuzz: Values makes other values than those of the map, which are int": func(t mapfuzz.TB) {
			mapfuzz.Test(t, func() mapfuzz.Map[int, int] { return new(maps.RWLocked[int, int]) }, mapfuzz.Values(func(int) string { return "" }))
		},
		"mapfuzz: Keys makes key number 1 a second time: 7":                                                                                    func(t mapfuzz.TB) { mapfuzz.Test(t, newMap, mapfuzz.Keys(func(int) any { return 7 })) },
		"mapfuzz: Keys makes other keys than those of the map, which are interface {}":                                                         func(t mapfuzz.TB) { mapfuzz.Test(t, newMap, mapfuzz.Keys(func(i int) int { return i })) },
		`mapfuzz: Only("duels"): there is no such mode; the modes are sequential, duel, history, owners, pulse, drain, range, release, steady`: func(t mapfuzz.TB) { mapfuzz.Test(t, newMap, mapfuzz.Only("duels")) },
	} {
		f := faketb.New("T")
		call(f)
		assert.Equal(t, want, f.Errors())
	}
}
