//go:build leaking

// The test behind this build tag fails: it shows how a wrong answer is caught. The
// tour runs it.
package maps_test

import (
	"testing"
	"time"

	"github.com/leakassert/leakassert/examples/maps/broken"
	"github.com/leakassert/leakassert/leaktest/mapfuzz"
)

func TestLeakingMap(t *testing.T) {
	mapfuzz.Test(t, func() mapfuzz.Map[int, string] { return new(broken.LosesUpdates[int, string]) }, mapfuzz.Budget(20*time.Second))
}
