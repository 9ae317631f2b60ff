package explain_test

import (
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
)

// Without a test that asks, a program records as many allocations as without the import.
func TestInert(t *testing.T) {
	assert.Equal(t, 512<<10, runtime.MemProfileRate)
}
