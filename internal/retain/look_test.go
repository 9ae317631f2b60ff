//go:build linux && (amd64 || arm64)

package retain_test

import (
	"testing"

	"github.com/leakassert/leakassert/internal/retain"
	"github.com/stretchr/testify/assert"
)

// A fault of the search reaches nobody but as an error.
func TestLookSurvives(t *testing.T) {
	err := retain.Look("", func(v *retain.View) { v.Dump.Addr(-1) })
	assert.ErrorContains(t, err, "the search has failed: ")
	looked := false
	assert.NoError(t, retain.Look("", func(*retain.View) { looked = true }))
	assert.True(t, looked)
}
