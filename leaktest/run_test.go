package leaktest_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// The words of the variable CASE say what testdata/cases does.
var casesBinary = newBinary("cases")

// What Run has found reaches the exit code, whatever TestMain does with its result.
func TestRunsResult(t *testing.T) {
	for _, c := range []struct {
		why, words, leaktest string
		code                 int
		says                 string
	}{
		{"nothing is wrong", "", "", 0, "PASS"},
		{"a test leaks", "leaks", "", 1, "TestLeaks leaked"},
		{"a test fails", "fails", "", 1, "its own reason"},
		{"no test's", "leaks unwrapped", "", 1, "what no test owns leaked"},
		{"an example leaks", "example", "", 1, "Example_leaks leaked"},
		{"wrong options", "wrong", "", 2, `IgnoreFunc("x") can't match any function`},
		{"a bad LEAKTEST", "", "of", 2, `LEAKTEST=of: unknown word "of"`},
		{"a test that leaks is let pass", "leaks", "warn", 0, "TestLeaks leaked"},
		{"off", "leaks", "off", 0, "PASS"},
		{"off, and a test fails", "fails", "off", 1, "its own reason"},
	} {
		t.Run(c.why, func(t *testing.T) {
			t.Parallel()
			for _, form := range []string{"main", "exit", "dropped", "deferred"} {
				output, code := casesBinary.run(t, []string{"CASE=" + form + " " + c.words, "LEAKTEST=" + c.leaktest})
				assert.Equal(t, c.code, code, "%s: %s", form, output)
				assert.Contains(t, output, c.says, form)
			}
		})
	}
}

// An exit with 0 after a failure is not obeyed.
func TestRunsResultIgnored(t *testing.T) {
	t.Parallel()
	output, code := casesBinary.run(t, []string{"CASE=ignored leaks"})
	assert.Equal(t, 2, code, output)
	assert.Contains(t, output, "TestLeaks leaked")
	output, code = casesBinary.run(t, []string{"CASE=ignored"})
	assert.Zero(t, code, output)
}

func TestMainOfNil(t *testing.T) {
	t.Parallel()
	output, code := casesBinary.run(t, []string{"CASE=nil"})
	assert.Equal(t, 2, code)
	assert.Equal(t, "leaktest.Main: m is nil: pass TestMain's m\n", output)
}

// A leak of an example is told with its name, and one that leaves nothing passes.
func TestMainNamesTheExample(t *testing.T) {
	t.Parallel()
	output, code := casesBinary.run(t, []string{"CASE=example"}, "-test.run=^Example")
	assert.Equal(t, 1, code)
	assert.Equal(t, []string{"Example_leaks"}, failed(output))
	assert.Contains(t, output, "Example_leaks leaked (settled for 30ms): 1 goroutine")
	assert.NotContains(t, output, "no test owns")

	output, code = casesBinary.run(t, nil, "-test.run=^Example", "-test.v")
	assert.Zero(t, code)
	assert.Contains(t, output, "--- PASS: Example_clean")
	assert.NotContains(t, output, "leaked")
}
