package maps_test

import (
	"math/rand/v2"
	"testing"

	"github.com/leakassert/leakassert/examples/maps"
)

// The document's comparisons. An operation is one of one worker:
//
//	go test -run - -bench . -count 10 ./examples/maps | benchstat -col /by -

func BenchmarkReadOnly(b *testing.B) { compete(b, 1000, mix{1000, 0, nil}.work) }

func BenchmarkReadMostly(b *testing.B) { compete(b, 1000, mix{1000, 5, comesAndGoes}.work) }

func BenchmarkWriteMostly(b *testing.B) { compete(b, 1000, mix{1000, 95, comesAndGoes}.work) }

func BenchmarkFixedKeys(b *testing.B) { compete(b, 1000, mix{1000, 50, replaces}.work) }

func BenchmarkFewKeys(b *testing.B) { compete(b, 4, mix{4, 50, replaces}.work) }

// BenchmarkIteration is the whole map for an operation, and a write for each ten.
func BenchmarkIteration(b *testing.B) {
	compete(b, 1000, func(m store[int, int], pb *testing.PB) {
		sum := 0
		for i := 1; pb.Next(); i++ {
			m.Range(func(_, value int) bool { sum += value; return true })
			if i%10 == 0 {
				m.Store(i%1000, sum)
			}
		}
	})
}

// A mix of loads and writes, with random keys of so many; writes is of a hundred.
type mix struct {
	keys, writes int
	write        func(m store[int, int], key int, r uint64)
}

func (x mix) work(m store[int, int], pb *testing.PB) {
	random := rand.NewPCG(rand.Uint64(), 0)
	for pb.Next() {
		r := random.Uint64()
		key := int(r>>33) % x.keys
		if int(r%100) < x.writes {
			x.write(m, key, r)
		} else {
			m.Load(key)
		}
	}
}

// comesAndGoes leaves half of the keys in the map, never the same for long.
func comesAndGoes(m store[int, int], key int, r uint64) {
	if r&(1<<20) == 0 {
		m.Delete(key)
	} else {
		m.Store(key, int(r>>40))
	}
}

// replaces gives a key that is in the map another value.
func replaces(m store[int, int], key int, r uint64) { m.Store(key, int(r>>40)) }

// compete measures the work with each kind of map, which has so many keys at first.
func compete(b *testing.B, keys int, work func(m store[int, int], pb *testing.PB)) {
	for _, k := range kinds[int, int]() {
		b.Run("by="+k.name, func(b *testing.B) {
			m := k.new()
			for key := range keys {
				m.Store(key, key)
			}
			b.ReportAllocs()
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) { work(m, pb) })
		})
	}
	b.Run("by=buffered", func(b *testing.B) {
		m := new(maps.Buffered[int, int])
		filler := m.Writer()
		for key := range keys {
			filler.Store(key, key)
		}
		filler.Flush()
		b.ReportAllocs()
		b.ResetTimer()
		b.RunParallel(func(pb *testing.PB) {
			w := m.Writer()
			defer w.Flush()
			work(worker{m, w}, pb)
		})
	})
}

// A worker writes to a map through a buffer, and reads what others have flushed.
type worker struct {
	*maps.Buffered[int, int]
	*maps.Writer[int, int]
}
