package leaktest_test

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A callback of C that does not return is found in the test that has caused it.
func TestCallbackOfC(t *testing.T) {
	t.Parallel()
	enabled, err := exec.Command("go", "env", "CGO_ENABLED").Output()
	require.NoError(t, err)
	if strings.TrimSpace(string(enabled)) != "1" {
		t.Skip("needs a C compiler, which .ci/run has")
	}
	output, _ := newBinary("callback").run(t, nil)
	assert.Equal(t, []string{"TestHangs"}, failed(output), output)
	assert.Contains(t, output, "a thread of C that has called into Go")
}
