package memassert_test

import (
	"testing"

	"github.com/leakassert/leakassert/internal/heapdump"
	"github.com/stretchr/testify/assert"
)

// detailed says whether reports have the types of objects and what holds them. internal/compat/platforms has
// tests of what reports say elsewhere.
var detailed = heapdump.Supported()

// equal asserts that a report is as a golden file has it, where reports are detailed.
func equal(t *testing.T, want, text string) {
	t.Helper()
	if !detailed {
		assert.NotEmpty(t, text)
		return
	}
	assert.Equal(t, want, text)
}
