package leaktest_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/leakassert/leakassert/internal/long"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// stepping makes the wall clock of a program jump with each call of time.Now, by up to 70 days ahead or back,
// while the monotonic clock goes on.
const stepping = `package time

import "sync/atomic"

var calls atomic.Int64

func step(t Time) Time {
	const day = 24 * 60 * 60
	days := [...]int64{40, -30, 0, 70, -70, 1, -1}
	t.addSec(days[calls.Add(1)%int64(len(days))] * day)
	return t
}
`

// steppingClock returns a file for -overlay that replaces time.Now.
func steppingClock(t *testing.T) string {
	out, err := exec.Command("go", "env", "GOROOT").Output()
	require.NoError(t, err)
	lib := filepath.Join(strings.TrimSpace(string(out)), "src", "time")
	text, err := os.ReadFile(filepath.Join(lib, "time.go"))
	require.NoError(t, err)
	const now = "\nfunc Now() Time {\n"
	require.Equal(t, 1, strings.Count(string(text), now))
	changed := strings.Replace(string(text), now, "\nfunc Now() Time { return step(trueNow()) }\n\nfunc trueNow() Time {\n", 1)
	dir := t.TempDir()
	replace := map[string]string{}
	for name, text := range map[string]string{"time.go": changed, "step.go": stepping} {
		file := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
		replace[filepath.Join(lib, name)] = file
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	require.NoError(t, err)
	file := filepath.Join(dir, "overlay.json")
	require.NoError(t, os.WriteFile(file, overlay, 0o600))
	return file
}

// Whoever sets the wall clock while tests run changes no verdict, and nothing waits longer or shorter: all that
// waits uses the monotonic clock. TestSettles would fail at once, or never end, if it did not.
func TestClockJumps(t *testing.T) {
	long.Only(t) // the standard library is compiled again
	if runtime.GOARCH != "amd64" && runtime.GOARCH != "arm64" {
		t.Skip("go test on amd64 runs it")
	}
	jumping := newBinary("faults", "-overlay="+steppingClock(t))
	jumping.name = "jumping"
	output, code := jumping.run(t, []string{"LEAKTEST=", "GITHUB_ACTIONS="}, "-test.v", "-test.timeout=1m")
	assert.Equal(t, 1, code)
	said := sections(output)
	for test, leak := range map[string]string{
		"TestGoroutine": "TestGoroutine leaked (settled for 30ms): 1 goroutine",
		"TestFile":      "TestFile leaked (settled for 30ms): 1 descriptor",
		"TestSocket":    "TestSocket leaked (settled for 30ms): 1 descriptor",
		"TestHeap":      "TestHeap leaked (settled for 30ms): 11 objects",
		"TestPool":      "TestPool leaked (settled for 30ms): 1 pool slot",
		"TestCommand":   "TestCommand: program sh leaked (settled for 30ms): 1 process",
		"TestClean":     "--- PASS: TestClean",
		"TestSettles":   "--- PASS: TestSettles",
		"TestJumps":     "--- PASS: TestJumps",
	} {
		assert.Contains(t, said[test], leak, output)
	}
	assert.Contains(t, said["TestJumps"], "the wall clock jumps", "the standard library is the changed one")
}
