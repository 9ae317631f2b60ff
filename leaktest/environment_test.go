package leaktest_test

import (
	"bytes"
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What is let pass is told on standard error, where a person sees it without -v.
func TestWarnOnStandardError(t *testing.T) {
	t.Parallel()
	file, err := casesBinary.build()
	require.NoError(t, err)
	for words, says := range map[string]string{
		"leaks":           "--- WARN: TestLeaks\n    TestLeaks leaked (settled for 20ms): 1 goroutine\n",
		"leaks unwrapped": "what no test owns leaked (settled for 20ms): 1 goroutine\n",
		"example":         "Example_leaks leaked (settled for 20ms): 1 goroutine\n",
		"opens":           "--- WARN: TestOpens\n    TestOpens leaked (settled for 20ms): 1 descriptor\n",
	} {
		cmd := exec.Command(file)
		cmd.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=20", "LEAKTEST=warn,settle=20ms", "CASE="+words)
		var stdout, stderr bytes.Buffer
		cmd.Stdout, cmd.Stderr = &stdout, &stderr
		assert.NoError(t, cmd.Run(), stdout.String())
		assert.Contains(t, stderr.String(), says)
		assert.Equal(t, "PASS\n", stdout.String())
	}
}

// So is, once, what a check that passes could not see.
func TestNotesOnStandardError(t *testing.T) {
	t.Parallel()
	for _, form := range []string{"plain", "main"} {
		output, code := casesBinary.run(t, []string{"CASE=blind " + form}, "-test.run=Blind")
		assert.Zero(t, code)
		assert.Equal(t, "--- WARN: TestBlind1\n    note: child: no \\x1b[31mpermission\nPASS\n", output, form)
	}
}

// What Main writes to the log of a test has the line of the test.
func TestLineOfTheLogUnderMain(t *testing.T) {
	t.Parallel()
	output, code := casesBinary.run(t, []string{"CASE=leaks", "LEAKTEST=warn,settle=10ms"}, "-test.run=^TestLeaks$", "-test.v")
	assert.Zero(t, code)
	assert.Regexp(t, `(?m)^    main_test\.go:\d+: TestLeaks leaked`, output)
}

func TestSettleOfLEAKTESTUnderMain(t *testing.T) {
	t.Parallel()
	output, code := casesBinary.run(t, []string{"CASE=leaks", "LEAKTEST=settle=10ms"})
	assert.Equal(t, 1, code)
	assert.Contains(t, output, "TestLeaks leaked (settled for 10ms): 1 goroutine")

	output, code = casesBinary.run(t, []string{"LEAKTEST=settle=x"})
	assert.Equal(t, 2, code)
	assert.Equal(t, "leaktest: LEAKTEST=settle=x: \"settle=x\" is not a time to wait; write settle=500ms\n", output)
}

// goleak's Cleanup runs at the end whatever LEAKTEST says, in place of os.Exit.
func TestCleanupOfGoleakUnderMain(t *testing.T) {
	t.Parallel()
	for _, env := range []string{"", "off", "warn"} {
		output, code := casesBinary.run(t, []string{"CASE=cleanup", "LEAKTEST=" + env})
		assert.Zero(t, code)
		assert.Equal(t, "PASS\ncleaned up with code 0\n", output, env)
	}
	output, code := casesBinary.run(t, []string{"CASE=cleanup leaks"})
	assert.Equal(t, 1, code)
	assert.Contains(t, output, "cleaned up with code 1\n")
}
