package mapfuzz_test

import (
	"testing"

	"github.com/leakassert/leakassert/internal/faketb"
	"github.com/leakassert/leakassert/leaktest/mapfuzz"
	"github.com/stretchr/testify/assert"
)

// A map that is stuck from the first operation on is told as well.
func TestStuckAtTheStart(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	defer close(release)
	f := faketb.New("T")
	mapfuzz.Test(f, func() mapfuzz.Map[int, string] {
		return plainMap{&faulty{store: func(*faulty, int) { <-release }}}
	})
	assert.Contains(t, f.Errors(), "mapfuzz: mapfuzz_test.plainMap: an operation does not return (mode start)")
	assert.Contains(t, f.Errors(), "mapfuzz_test.(*faulty).Store")
}
