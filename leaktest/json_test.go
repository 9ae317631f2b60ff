package leaktest_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Consumers of go test -json drop what belongs to no test: what no test owns is the
// output of a test called TestMain, which fails.
func TestWhatNoTestOwnsInJSON(t *testing.T) {
	t.Parallel()
	file, err := casesBinary.build()
	require.NoError(t, err)
	for words, fails := range map[string][]string{"unwrapped leaks": {"TestMain"}, "unwrapped leaks fails": {"TestFails", "TestMain"}} {
		cmd := exec.Command("go", "tool", "test2json", "-p", "cases", file, "-test.v=test2json") // as go test -json does
		cmd.Env = append(os.Environ(), "CASE="+words, "FORCE_COLOR=1")
		converted, err := cmd.Output()
		assert.Error(t, err, "the exit code is the binary's")
		text, failed := "", []string(nil)
		for line := range strings.Lines(string(converted)) {
			var e struct{ Action, Test, Output string }
			require.NoError(t, json.Unmarshal([]byte(line), &e), line)
			if e.Action == "fail" && e.Test != "" {
				failed = append(failed, e.Test)
			}
			if e.Action == "output" && e.Test == "TestMain" {
				text += e.Output
			}
		}
		assert.Equal(t, fails, failed)
		assert.Contains(t, text, "what no test owns leaked (settled for 30ms): 1 goroutine\n")
		assert.Contains(t, text, "cases.leave")
		assert.NotContains(t, string(converted), `\u001b`, "colours")
	}
}
