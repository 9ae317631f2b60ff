package leaktest_test

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/leakassert/leakassert/internal/long"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// With a testing package whose M keeps its tests elsewhere, Main says so and
// checks at the end.
func TestMainOfAnUnknownShape(t *testing.T) {
	t.Parallel()
	long.Builds(t) // packages that depend on testing are compiled again
	installed, err := exec.Command("go", "env", "GOROOT").Output()
	require.NoError(t, err)
	dir := t.TempDir()
	// By another name: go refuses to overlay files in the module cache, which is
	// where a toolchain that it has downloaded lies.
	goroot := filepath.Join(dir, "go")
	require.NoError(t, os.Symlink(strings.TrimSpace(string(installed)), goroot))
	original := filepath.Join(goroot, "src", "testing", "testing.go")
	source, err := os.ReadFile(original)
	require.NoError(t, err)
	changed := strings.NewReplacer("\ttests       []InternalTest", "\tcases       []InternalTest", "m.tests", "m.cases", "\t\ttests:       tests", "\t\tcases:       tests").
		Replace(string(source))
	require.Contains(t, changed, "cases       []InternalTest", "the testing package looks different: change this test")

	copied, overlay := filepath.Join(dir, "testing.go"), filepath.Join(dir, "overlay.json")
	require.NoError(t, os.WriteFile(copied, []byte(changed), 0o644))
	text, err := json.Marshal(map[string]map[string]string{"Replace": {original: copied}})
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(overlay, text, 0o644))

	cmd := exec.Command(filepath.Join(goroot, "bin", "go"), "test", "-vet=off", "-overlay="+overlay, "-run=^(TestClean|TestLeaks)$", "./testdata/suite")
	cmd.Env = append(os.Environ(), "GOROOT="+goroot, "GOTOOLCHAIN=local")
	output, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	require.True(t, errors.As(err, &exit), "%v\n%s", err, output)
	assert.Empty(t, failed(string(output)))
	assert.Regexp(t, `note: tests are checked together, at the end only: testing.M of go\S+ has no field tests of type \[\]testing.InternalTest`, string(output))
	assert.Contains(t, string(output), "what no test owns leaked (settled for 100ms): 1 goroutine")
	assert.Contains(t, string(output), "suite.leave.func1")
}
