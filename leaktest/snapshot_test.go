package leaktest_test

import (
	"runtime"
	"testing"

	"github.com/leakassert/leakassert/internal/faketb"
	"github.com/leakassert/leakassert/leaktest"
	"github.com/stretchr/testify/assert"
)

func TestSnapshotClose(t *testing.T) {
	rate := runtime.MemProfileRate
	before := leaktest.Snapshot(leaktest.Heap(), soon)
	assert.Equal(t, 1, runtime.MemProfileRate, "every allocation is recorded")
	before.Diff()
	before.Close()
	assert.Equal(t, rate, runtime.MemProfileRate)
	before.Close()
	assert.Equal(t, rate, runtime.MemProfileRate, "twice is as once")

	faketb.Stuck(t, 1)
	d := before.Diff()
	assert.False(t, d.Empty(), "nothing was looked for")
	assert.Contains(t, d.String(), "Diff is called on a snapshot that is closed: call it before Close")
}

// Of two snapshots the last one to be closed leaves the rate as it was.
func TestSnapshotsClose(t *testing.T) {
	rate := runtime.MemProfileRate
	a, b := leaktest.Snapshot(leaktest.Heap(), soon), leaktest.Snapshot(leaktest.Heap(), soon)
	a.Close()
	assert.Equal(t, 1, runtime.MemProfileRate)
	b.Close()
	assert.Equal(t, rate, runtime.MemProfileRate)

	wrong := leaktest.Snapshot(leaktest.IgnoreFunc("x"))
	wrong.Close()
	assert.Contains(t, wrong.Diff().String(), "can't match")
}
