package mapfuzz_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/leakassert/leakassert/examples/maps"
	"github.com/leakassert/leakassert/leaktest/mapfuzz"
)

func clean[K comparable, V any](t *testing.T, opts ...mapfuzz.Option) {
	t.Helper()
	mapfuzz.Test(t, func() mapfuzz.Map[K, V] { return new(maps.Sharded[K, V]) }, append(opts, mapfuzz.Budget(10*time.Millisecond), mapfuzz.Without("steady"))...)
}

type id uint16

type pair struct {
	A id
	B [2]string
}

// Keys and values are made for all types that have many of them.
func TestTypes(t *testing.T) {
	clean[int8, uint64](t)
	clean[int16, uint32](t)
	clean[int32, uint16](t)
	clean[int64, uint8](t)
	clean[uint, uintptr](t)
	clean[float32, float64](t)
	clean[complex64, complex128](t)
	clean[string, bool](t)
	clean[bool, id](t)
	clean[id, any](t)
	clean[any, string](t)
	clean[*payload, *int](t)
	clean[pair, pair](t)
	clean[[2]int8, *string](t)
	clean[chan int, <-chan int](t)
	clean[string, []byte](t)
	clean[string, map[string]int](t)
	clean[error, int](t, mapfuzz.Keys(func(i int) error { return fmt.Errorf("%d", i) }))
}
