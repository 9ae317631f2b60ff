package maps_test

import (
	"testing"
	"time"

	"github.com/leakassert/leakassert/examples/maps"
	"github.com/leakassert/leakassert/leaktest"
	"github.com/leakassert/leakassert/leaktest/mapfuzz"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

// No kind of map gives a wrong answer, whatever its goroutines do.
func TestMapfuzz(t *testing.T) {
	each(t, kinds[string, *[64]byte](), func(t *testing.T, k kind[maps.Map[string, *[64]byte]]) {
		opts := []mapfuzz.Option{mapfuzz.Budget(500 * time.Millisecond)} // by default 2s, in all
		if k.rangeWrites {
			opts = append(opts, mapfuzz.RangeAllowsWrites())
		}
		mapfuzz.Test(t, func() mapfuzz.Map[string, *[64]byte] { return k.new() }, opts...)
	})
}

func FuzzSharded(f *testing.F) {
	mapfuzz.Fuzz(f, func() mapfuzz.Map[string, int] { return new(maps.Sharded[string, int]) })
}
