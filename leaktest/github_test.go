package leaktest_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// annotation is how the runner of GitHub Actions finds a command in a log: at the beginning of a line,
// behind white space at most.
var annotation = regexp.MustCompile(`(?m)^\s*::(error|warning) file=leaktest/testdata/cases/main_test\.go,line=\d+,title=goroutine leak%3A ([^:]+)::goroutine  \+1  chan receive .*%0A    created by `)

// onGitHub runs go test on the package cases as a step of GitHub Actions.
func onGitHub(t *testing.T, env []string, args ...string) (output, summary string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "summary.md")
	root, err := filepath.Abs("..")
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), "go", append(append([]string{"test", "-count=1"}, args...), "./testdata/cases")...)
	cmd.Env = append(append(os.Environ(), "GITHUB_ACTIONS=true", "GITHUB_WORKSPACE="+root, "GITHUB_STEP_SUMMARY="+file), env...)
	out, _ := cmd.Output() // which go test prints, what the test writes to standard error with it
	text, _ := os.ReadFile(file)
	return string(out), string(text)
}

// annotated are the tests that the annotations in an output name.
func annotated(level, output string) (tests []string) {
	for _, m := range annotation.FindAllStringSubmatch(output, -1) {
		if m[1] == level {
			tests = append(tests, m[2])
		}
	}
	return tests
}

// Annotations reach the log of a step through go test, whatever it prints else, and change no verdict.
func TestAnnotationsThroughGoTest(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{}, {"-v"}} {
		output, summary := onGitHub(t, []string{"CASE=leaks example"}, args...)
		assert.ElementsMatch(t, []string{"TestLeaks", "Example_leaks"}, annotated("error", output), output)
		assert.Equal(t, []string{"Example_leaks", "TestLeaks"}, failed(output))
		assert.NotContains(t, output, "got:", "what the example prints is not changed")
		assert.Equal(t, 2, strings.Count(summary, "| goroutine  +1  chan receive "), summary)
	}
	output, summary := onGitHub(t, []string{"CASE=leaks unwrapped", "LEAKTEST=warn"}, "-v")
	assert.Equal(t, []string{"no test owns it"}, annotated("warning", output), output)
	assert.Contains(t, summary, "| no test owns it |")
}

// go test -json can still be read, and has each annotation among the output of its test.
func TestAnnotationsThroughGoTestJSON(t *testing.T) {
	t.Parallel()
	for words, test := range map[string]string{"leaks": "TestLeaks", "leaks unwrapped": "TestMain"} {
		output, _ := onGitHub(t, []string{"CASE=" + words}, "-json")
		of := make(map[string]string)
		var fails []string
		for line := range strings.Lines(output) {
			var e event
			require.NoError(t, json.Unmarshal([]byte(line), &e), line)
			of[e.Test] += e.Output
			if e.Action == "fail" && e.Test != "" {
				fails = append(fails, e.Test)
			}
		}
		assert.Equal(t, []string{test}, fails)
		assert.Len(t, annotated("error", of[test]), 1, of[test])
		delete(of, test)
		for other, text := range of {
			assert.NotContains(t, text, "::error", other)
		}
	}
}

// Nothing changes where GITHUB_ACTIONS is not set.
func TestNoAnnotationsElsewhere(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "summary.md")
	output, _ := casesBinary.run(t, []string{"CASE=leaks", "GITHUB_ACTIONS=", "GITHUB_STEP_SUMMARY=" + file})
	assert.Contains(t, output, "TestLeaks leaked")
	assert.NotContains(t, output, "::error")
	assert.NoFileExists(t, file)
}
