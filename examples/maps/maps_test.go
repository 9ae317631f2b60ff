package maps_test

import (
	"runtime"
	"sync"
	"testing"

	"github.com/leakassert/leakassert/examples/maps"
	"github.com/leakassert/leakassert/internal/faketb"
	"github.com/leakassert/leakassert/leaktest"
	"github.com/leakassert/leakassert/memassert"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestConcurrent(t *testing.T) {
	const workers, rounds, counters = 4, 500, 3
	each(t, kinds[int, int](), func(t *testing.T, k kind[maps.Map[int, int]]) {
		leaktest.Check(t)
		m := k.new()
		var wait sync.WaitGroup
		for w := range workers {
			wait.Go(func() {
				for i := range rounds {
					count(m, i%counters)
					own := 1000 + w*rounds + i%50 // a key that no other worker uses
					m.Store(own, i)
					v, ok := m.Load(own)
					assert.Equal(t, result{i, true}, result{v, ok})
					v, ok = m.LoadAndDelete(own)
					assert.Equal(t, result{i, true}, result{v, ok})
					if i%100 == 0 {
						all := entries(t, m) // not of one moment: keys come and go while Range is at work
						assert.Positive(t, all[i%counters])
						for key := range all {
							worker, n := (key-1000)/rounds, (key-1000)%rounds
							assert.True(t, 0 <= key && key < counters || key >= 1000 && worker < workers && n < 50, key)
						}
					}
				}
			})
		}
		wait.Wait()
		sum := 0
		for _, n := range entries(t, m) {
			sum += n
		}
		assert.Equal(t, counters, m.Len())
		assert.Equal(t, workers*rounds, sum)
	})
}

// count adds one to what key has.
func count(m maps.Map[int, int], key int) {
	n, loaded := m.LoadOrStore(key, 1)
	for loaded && !m.CompareAndSwap(key, n, n+1) {
		n, _ = m.Load(key)
	}
}

func TestStoringAndDeletingDoesNotGrow(t *testing.T) {
	each(t, kinds[int, *[64]byte](), func(t *testing.T, k kind[maps.Map[int, *[64]byte]]) {
		m := k.new()
		key := 0
		memassert.NoGrowth(t, func() {
			for range 50 { // never the same keys again, as with the IDs of requests
				m.Store(key, new([64]byte))
				m.Delete(key)
				m.Store(-1, new([64]byte))
				key++
			}
		})
		assert.Equal(t, 1, m.Len())
	})
}

// A request is what the maps are to let go of.
type request struct{ id string }

// release stores entries and takes them away again; t reports those that are kept.
func release(t memassert.TB, m store[*request, *request]) {
	t.Cleanup(func() { runtime.KeepAlive(m) }) // after what Collected does
	var keys []*request
	for range 10 {
		key, value := &request{id: "key"}, &request{id: "value"}
		keys = append(keys, key)
		memassert.Collected(t, key, memassert.Settle(0))
		memassert.Collected(t, value, memassert.Settle(0))
		m.Store(key, value)
	}
	for _, key := range keys {
		m.Delete(key)
	}
}

func TestDeletedIsCollected(t *testing.T) {
	each(t, kinds[*request, *request](), func(t *testing.T, k kind[maps.Map[*request, *request]]) { release(t, k.new()) })
}

func TestClearedIsCollected(t *testing.T) {
	each(t, kinds[int, *request](), func(t *testing.T, k kind[maps.Map[int, *request]]) {
		m := k.new()
		t.Cleanup(func() { runtime.KeepAlive(m) })
		for i := range 100 {
			value := &request{id: "value"}
			memassert.Collected(t, value)
			m.Store(i, value)
		}
		m.Clear()
	})
}

func TestBrokenKeepsDeleted(t *testing.T) {
	each(t, brokenKinds[*request, *request](), func(t *testing.T, k kind[store[*request, *request]]) {
		f, panicked := faketb.Run(t.Name(), func(f *faketb.TB) { release(f, k.new()) })
		require.Nil(t, panicked)
		if k.name != "KeepsDeleted" {
			assert.Empty(t, f.Errors())
			return
		}
		assert.Contains(t, f.Errors(), "20 of 20 *maps_test.request still alive")
	})
}

func TestBrokenSkipsKeys(t *testing.T) {
	each(t, brokenKinds[int, int](), func(t *testing.T, k kind[store[int, int]]) {
		if !k.rangeWrites {
			t.Skip("writers wait for Range")
		}
		const keys = 100
		m := k.new()
		for i := range keys {
			m.Store(i, i)
		}
		untouched := 0
		m.Range(func(key, _ int) bool {
			if key >= keys {
				return true
			}
			if untouched++; untouched == 1 { // in the middle: the map grows
				for i := range keys {
					m.Store(keys+i, i)
				}
			}
			return true
		})
		if k.name == "SkipsKeys" {
			assert.Less(t, untouched, keys)
		} else {
			assert.Equal(t, keys, untouched)
		}
	})
}
