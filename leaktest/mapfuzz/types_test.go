package mapfuzz_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/leakassert/leakassert/examples/maps"
	"github.com/leakassert/leakassert/internal/faketb"
	"github.com/leakassert/leakassert/leaktest/mapfuzz"
	"github.com/stretchr/testify/assert"
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

// forgetsNil takes a nil value for none.
type forgetsNil struct{ maps.Locked[int, any] }

func (m *forgetsNil) Load(k int) (any, bool) {
	v, ok := m.Locked.Load(k)
	return v, ok && v != nil
}

func TestNilAmongValues(t *testing.T) {
	f := faketb.New("T")
	mapfuzz.Test(f, func() mapfuzz.Map[int, any] { return new(forgetsNil) }, mapfuzz.Only("sequential"))
	assert.Regexp(t, `Load\(\d+\) returned absent, false: it must be nil, true`, f.Errors())
	assert.Regexp(t, `\tm\.Store\(\d+, nil\)\n`, f.Errors(), "the test to paste")
}

func TestValuesWithoutIdentity(t *testing.T) {
	f := faketb.New("T")
	mapfuzz.Test(f, func() mapfuzz.Map[int, float64] { return new(maps.Locked[int, float64]) },
		mapfuzz.Values(func(i int) float64 { return math.Log(float64(3 - i)) }))
	assert.Equal(t, "mapfuzz: Values makes value number 4, NaN, that is not equal to itself: the driver can't tell whether the map returns it", f.Errors())
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
