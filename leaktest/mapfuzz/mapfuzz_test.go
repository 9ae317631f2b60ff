package mapfuzz_test

import (
	"sync"
	"testing"
	"time"

	"github.com/leakassert/leakassert/examples/maps"
	"github.com/leakassert/leakassert/examples/maps/broken"
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

// Each of the broken twins is caught.
func TestBrokenMaps(t *testing.T) {
	long := mapfuzz.Budget(30 * time.Second)
	for _, c := range []struct {
		name, says string
		test       func(mapfuzz.TB)
	}{
		{"UnlocksEarly", "*broken.UnlocksEarly", func(t mapfuzz.TB) {
			mapfuzz.Test(t, func() mapfuzz.Map[int, string] { return new(broken.UnlocksEarly[int, string]) }, long)
		}},
		{"LosesUpdates", "*broken.LosesUpdates", func(t mapfuzz.TB) {
			mapfuzz.Test(t, func() mapfuzz.Map[int, string] { return new(broken.LosesUpdates[int, string]) }, long)
		}},
		{"ChecksThenFrees", "*broken.ChecksThenFrees", func(t mapfuzz.TB) {
			mapfuzz.Test(t, func() mapfuzz.Map[int, string] { return new(broken.ChecksThenFrees[int, string]) }, long)
		}},
		{"SkipsKeys", "Range does not show", func(t mapfuzz.TB) {
			mapfuzz.Test(t, func() mapfuzz.Map[int, string] { return new(broken.SkipsKeys[int, string]) }, mapfuzz.Budget(10*time.Second), mapfuzz.Only("sequential", "range"))
		}},
		{"KeepsDeleted", "of 64 values: they are not garbage (mode release)", func(t mapfuzz.TB) {
			mapfuzz.Test(t, func() mapfuzz.Map[int, *payload] { return new(broken.KeepsDeleted[int, *payload]) }, mapfuzz.Budget(300*time.Millisecond))
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := faketb.New(t.Name())
			began := time.Now()
			c.test(f)
			assert.Contains(t, f.Errors(), c.says)
			t.Log(time.Since(began), f.Errors(), f.Logs())
		})
	}
}

type lazy struct {
	mu sync.Mutex
	m  map[int]string
}

func (l *lazy) Load(k int) (string, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	v, ok := l.m[k]
	return v, ok
}
func (l *lazy) Store(k int, v string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.m == nil {
		l.m = make(map[int]string)
	}
	l.m[k] = v
}
func (l *lazy) Delete(k int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if k == 3 {
		panic("three")
	}
	delete(l.m, k)
}
func (l *lazy) Range(f func(int, string) bool) {
	l.mu.Lock()
	for k, v := range l.m {
		if !f(k, v) {
			return // and the lock is kept
		}
	}
	l.mu.Unlock()
}

func TestPanicsAndDeadlocks(t *testing.T) {
	newMap := func() mapfuzz.Map[int, string] { return new(lazy) }
	f := faketb.New("T")
	mapfuzz.Test(f, newMap)
	assert.Contains(t, f.Errors(), "Delete(3) panics: three")
	f = faketb.New("T")
	mapfuzz.Test(f, newMap, mapfuzz.Only("range"))
	assert.Contains(t, f.Errors(), "an operation does not return (mode range)")
	assert.Contains(t, f.Errors(), "mapfuzz_test.(*lazy)")
}

func TestWrongInput(t *testing.T) {
	one := new(sync.Map)
	newMap := func() mapfuzz.Map[any, any] { return new(sync.Map) }
	for want, call := range map[string]func(mapfuzz.TB){
		"mapfuzz: newMap is nil: pass a function that makes a map":                                                                         func(t mapfuzz.TB) { mapfuzz.Test[int, int](t, nil) },
		"mapfuzz: newMap returns nil: it must make a map":                                                                                  func(t mapfuzz.TB) { mapfuzz.Test(t, func() mapfuzz.Map[int, int] { return nil }) },
		"mapfuzz: newMap returns the same map each time: it must make a new one":                                                           func(t mapfuzz.TB) { mapfuzz.Test(t, func() mapfuzz.Map[any, any] { return one }) },
		"mapfuzz: Budget(0s): driving a map takes some time":                                                                               func(t mapfuzz.TB) { mapfuzz.Test(t, newMap, mapfuzz.Budget(0)) },
		"mapfuzz: Workers(1): there can be 2 to 64":                                                                                        func(t mapfuzz.TB) { mapfuzz.Test(t, newMap, mapfuzz.Workers(1)) },
		"mapfuzz: an Option is nil: leave it out":                                                                                          func(t mapfuzz.TB) { mapfuzz.Test(t, newMap, nil) },
		"mapfuzz: Keys makes key number 1 a second time: 7":                                                                                func(t mapfuzz.TB) { mapfuzz.Test(t, newMap, mapfuzz.Keys(func(int) any { return 7 })) },
		"mapfuzz: Keys makes other keys than those of the map, which are interface {}":                                                     func(t mapfuzz.TB) { mapfuzz.Test(t, newMap, mapfuzz.Keys(func(i int) int { return i })) },
		`mapfuzz: Only("duels"): there is no such mode; there are sequential, duel, history, owners, pulse, drain, range, release, steady`: func(t mapfuzz.TB) { mapfuzz.Test(t, newMap, mapfuzz.Only("duels")) },
	} {
		f := faketb.New("T")
		call(f)
		assert.Equal(t, want, f.Errors())
	}
}
