package mapfuzz_test

import (
	"sync"
	"testing"

	"github.com/leakassert/leakassert/leaktest/mapfuzz"
)

func FuzzSyncMap(f *testing.F) {
	mapfuzz.Fuzz(f, func() mapfuzz.Map[any, any] { return new(sync.Map) })
}
