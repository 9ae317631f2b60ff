package liveobject_test

import (
	"runtime"
	"testing"

	"github.com/leakassert/leakassert/internal/liveobject"
	"github.com/leakassert/leakassert/internal/procstate"
	"github.com/stretchr/testify/assert"
)

// Each version of Go that the library knows keeps cleanups where they are found, and the search for
// them leaves none behind.
func TestFindCleanups(t *testing.T) {
	before := procstate.Queue().Cleanups
	c, err := liveobject.FindCleanups()
	requireRecords(t, err)
	assert.NotZero(t, c.Spans)
	assert.NotZero(t, c.Cleanup)
	assert.Less(t, c.Call, c.Fn)
	assert.Less(t, c.Fn, c.Arg)
	runtime.GC()
	runtime.GC()
	assert.Equal(t, before, procstate.Queue().Cleanups)
}
