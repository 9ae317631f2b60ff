package maps_test

import (
	"testing"

	"github.com/leakassert/leakassert/examples/internal/readme"
	"github.com/leakassert/leakassert/examples/maps/broken"
	"github.com/leakassert/leakassert/internal/faketb"
	"github.com/leakassert/leakassert/leaktest/mapfuzz"
)

// Exploring finds the schedule in which an update is lost, on any machine.
func TestLosesUpdatesIsExplored(t *testing.T) {
	f := faketb.New(t.Name())
	mapfuzz.Test(f, func() mapfuzz.Map[int, string] { return new(broken.LosesUpdates[int, string]) }, mapfuzz.Explore(), mapfuzz.Seed(1))
	readme.Report(t, "TestExplored", f.Errors(), readme.Schedule)
}
