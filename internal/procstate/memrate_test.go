package procstate_test

import (
	"runtime"
	"testing"

	"github.com/leakassert/leakassert/internal/procstate"
	"github.com/stretchr/testify/assert"
)

// The profile rate that is left behind is always the user's.
func TestRecordAllocations(t *testing.T) {
	const users, later = 4096, 8192
	defer func(rate int) { runtime.MemProfileRate = rate }(runtime.MemProfileRate)
	runtime.MemProfileRate = users

	first := procstate.RecordAllocations()
	assert.Equal(t, 1, procstate.MemProfileRate())
	second := procstate.RecordAllocations()
	first()
	first()
	assert.Equal(t, 1, procstate.MemProfileRate(), "somebody still wants it")
	second()
	assert.Equal(t, users, procstate.MemProfileRate())

	release := procstate.RecordAllocations()
	runtime.MemProfileRate = later
	release()
	assert.Equal(t, later, procstate.MemProfileRate(), "set by the user meanwhile")

	first = procstate.RecordAllocations()
	runtime.MemProfileRate = users
	second = procstate.RecordAllocations()
	assert.Equal(t, 1, procstate.MemProfileRate())
	second()
	first()
	assert.Equal(t, users, procstate.MemProfileRate(), "set by the user between two that want every one")
}
