package leaktest_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/leakassert/leakassert/leaktest/finding"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var commandBinary = newBinary("command")

// Under Main, in parallel tests and beside Check, nothing of a program is a leak of the test, and a
// test fails for its own program only.
func TestCommandUnderMain(t *testing.T) {
	t.Parallel()
	program, err := server()
	require.NoError(t, err)
	env := []string{"PROGRAM=" + program}
	output, code := commandBinary.run(t, env, "-test.v")
	assert.Equal(t, 1, code)
	assert.Equal(t, []string{"TestLeaks", "TestOfAFailedStart", "TestOfAFailedStart/#00"}, failed(output), output)
	assert.Contains(t, fixed(output), "TestLeaks: program server leaked (settled): 1 goroutine\n")
	assert.Contains(t, output, "goroutines of command.test are not seen: it does not import leaktest/child")
	assert.NotContains(t, output, "what no test owns leaked")

	output, code = commandBinary.run(t, append(env, "LEAKTEST=off"), "-test.skip=TestOfAFailedStart")
	assert.Zero(t, code, output)

	output, code = commandBinary.run(t, append(env, "LEAKTEST=warn"), "-test.run=TestLeaks")
	assert.Zero(t, code, output)
	assert.Contains(t, fixed(output), "--- WARN: TestLeaks\n    TestLeaks: program server leaked (settled): 1 goroutine\n")

	file := filepath.Join(t.TempDir(), "leaks.json")
	_, code = commandBinary.run(t, append(env, "LEAKTEST=json="+file), "-test.run=TestLeaks")
	assert.Equal(t, 1, code)
	text, err := os.Open(file)
	require.NoError(t, err)
	defer text.Close()
	found, err := finding.Read(text)
	require.NoError(t, err)
	require.Len(t, found, 1)
	assert.Equal(t, "TestLeaks", found[0].Test)
	assert.Equal(t, "server", found[0].Program)
	assert.Equal(t, "leaktest/testdata/server/main.go", found[0].Place.File)
	assert.Equal(t, "leaktest/testdata/command/command_test.go", found[0].TestPlace.File)

	output, code = commandBinary.run(t, append(env, "LEAKTEST=trace"), "-test.run=TestLeaks")
	assert.Equal(t, 1, code)
	assert.Regexp(t, `\n +stack +main\.wait +\S*server/main\.go:\d+\n`, output)
}

// A test binary that ends without its cleanups takes the program with it.
func TestCommandEndsWithTheTest(t *testing.T) {
	t.Parallel()
	file, err := commandBinary.build()
	require.NoError(t, err)
	cmd := exec.Command(file, "-test.run=TestPanics")
	cmd.Env = append(cmd.Environ(), "PANICS=1")
	output, err := cmd.Output()
	require.Error(t, err)
	m := regexp.MustCompile(`pid (\d+)`).FindSubmatch(output)
	require.NotNil(t, m, "%s", output)
	pid, err := strconv.Atoi(string(m[1]))
	require.NoError(t, err)
	assert.Eventually(t, func() bool { return !alive(pid) }, time.Minute, time.Millisecond)
}
