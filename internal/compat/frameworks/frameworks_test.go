// Package frameworks has tests of frameworks that check themselves. Without FRAMEWORKS=leak they pass. The
// tests here run them with it, and see each leak reported as that of its test.
package frameworks

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// goTest runs go test on a package with leaks.
func goTest(t *testing.T, args ...string) string {
	t.Helper()
	cmd := exec.Command("go", append([]string{"test", "-count=1"}, args...)...)
	cmd.Env = append(os.Environ(), "FRAMEWORKS=leak", "LEAKTEST=settle=50ms")
	text, err := cmd.CombinedOutput()
	require.Error(t, err, "%s", text)
	return string(text)
}

func TestFrameworks(t *testing.T) {
	for _, c := range []struct {
		pkg    string
		failed string   // the line that says which test has failed
		leaks  []string // the beginnings of reports
	}{
		{"suite", "--- FAIL: TestSuite/TestLeaks", []string{"TestSuite/TestLeaks leaked"}},
		{"specs", "a spec leaks leaked", []string{"a spec leaks leaked"}},
		{"checkv1", "--- FAIL: Test ", []string{"Test leaked"}},
		{"quick", "--- FAIL: TestLeaks/inside", []string{"TestLeaks/inside leaked"}},
		{"properties", "--- FAIL: TestProperty", []string{"leaked (settled for 50ms): 1 goroutine"}},
		{"scripts", "--- FAIL: TestScripts/leaks", []string{"TestScripts/leaks leaked"}},
	} {
		t.Run(c.pkg, func(t *testing.T) {
			output := goTest(t, "./"+c.pkg)
			assert.Contains(t, output, c.failed)
			for _, leak := range c.leaks {
				assert.Contains(t, output, leak)
			}
			assert.Contains(t, output, "/leak.go:")
			assert.NotContains(t, output, "TestClean leaked")
		})
	}
}

// The flags of go test change no verdict.
func TestFlags(t *testing.T) {
	for _, flags := range [][]string{{"-json"}, {"-shuffle=3"}, {"-count=3"}, {"-cover"}, {"-v"}, {"-parallel=1"}} {
		t.Run(flags[0], func(t *testing.T) {
			output := goTest(t, append(flags, "./suite")...)
			assert.Contains(t, output, "TestSuite/TestLeaks leaked")
			assert.NotContains(t, output, "TestSuite/TestClean leaked")
		})
	}
}

// gotestsum shows the report, and its JUnit file has it as the failure of the test.
func TestGotestsum(t *testing.T) {
	file := filepath.Join(t.TempDir(), "junit.xml")
	cmd := exec.Command("go", "tool", "gotestsum", "--junitfile", file, "./suite")
	cmd.Env = append(os.Environ(), "FRAMEWORKS=leak", "LEAKTEST=settle=50ms")
	text, err := cmd.CombinedOutput()
	require.Error(t, err)
	assert.Contains(t, string(text), "TestSuite/TestLeaks leaked")
	junit, err := os.ReadFile(file)
	require.NoError(t, err, "%s", text)
	_, failure, _ := strings.Cut(string(junit), `name="TestSuite/TestLeaks"`)
	assert.Contains(t, failure, "TestSuite/TestLeaks leaked")
}
