package leaktest_test

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/leakassert/leakassert/leaktest"
	"github.com/stretchr/testify/assert"
)

// A cleanup that is registered before the check runs after it, and ends what the check has reported.
// The log says so, and only then.
func TestCleanupBeforeCheck(t *testing.T) {
	cases := map[string]func(*testing.T){
		"ends it":     checksLate,
		"ends else":   func(t *testing.T) { t.TempDir(); leaktest.Check(t, soon); go func() { select {} }() },
		"after check": func(t *testing.T) { leaktest.Check(t, soon); t.TempDir(); go func() { select {} }() },
	}
	if name := os.Getenv("CLEANUP"); name != "" {
		cases[name](t)
		return
	}
	const hint = "usual cause: 1 of the 1 goroutines ended with the cleanups that were registered before the check: call it first in the test"
	for name := range cases {
		cmd := exec.Command(os.Args[0], "-test.run=^TestCleanupBeforeCheck$")
		cmd.Env = append(os.Environ(), "CLEANUP="+name, "NO_COLOR=1")
		output, err := cmd.CombinedOutput()
		assert.Error(t, err)
		assert.Contains(t, string(output), "TestCleanupBeforeCheck leaked", name)
		if name == "ends it" {
			assert.Contains(t, string(output), hint)
		} else {
			assert.NotContains(t, string(output), "usual cause: ", name)
		}
	}
}

// checksLate calls the check after it has registered the cleanup that ends its goroutine.
func checksLate(t *testing.T) {
	quit := make(chan struct{})
	t.Cleanup(func() { close(quit) })
	leaktest.Check(t, soon)
	go func() { <-quit }()
}

// A goroutine that a test has left goes on to open files. The test that runs then is not blamed for
// them, and under Main the package reports them. A test that leaves a file by itself is, although a
// goroutine of an earlier test, which opens nothing, still runs.
func TestOpenerOfAnEarlierTest(t *testing.T) {
	t.Parallel()
	want := []string{"TestOpener1", "TestOpener4", "TestOpener5"}
	for _, words := range []string{"openers", "openers plain"} {
		output, code := casesBinary.run(t, []string{"CASE=" + words, "LEAKTEST=settle=300ms"}, "-test.run=Opener")
		assert.Equal(t, 1, code)
		assert.Equal(t, want, failed(output), output)
		if words == "openers" {
			assert.Regexp(t, `beside +a goroutine that TestOpener1 has left, while others like it keep being opened\n +seen during +TestOpener2\n`, output)
		} else {
			assert.Contains(t, output, "TestOpener1 has left a goroutine, and others like it keep being opened")
		}
	}
}

// A log that a goroutine of TestMain rotates, and the goroutine of package os/signal that a test has
// left, hide no file in the folder of a test. No other test is blamed.
func TestFileBesideRotation(t *testing.T) {
	t.Parallel()
	for _, words := range []string{"rotating", "rotating plain"} {
		for range 3 {
			output, _ := casesBinary.run(t, []string{"CASE=" + words, "LEAKTEST=settle=300ms"}, "-test.run=Rotating")
			assert.Equal(t, []string{"TestRotating2", "TestRotating3"}, failed(output), output)
			assert.NotContains(t, output, "beside  ", words)
			// A log that rotates in each test is said once. A file that is closed just when it is described has no path.
			assert.LessOrEqual(t, len(regexp.MustCompile(`note: fd: .*/rotating\d`).FindAllString(output, -1)), 1, output)
		}
	}
}

// A connection that a test forgets is that test's, although the collector closes it while the check
// looks, a goroutine of the test then closes the other end, and a paused test overlaps.
func TestForgottenBesideAPausedTest(t *testing.T) {
	t.Parallel()
	for _, words := range []string{"halfforgotten", "halfforgotten plain"} {
		output, code := casesBinary.run(t, []string{"CASE=" + words, "LEAKTEST=settle=50ms"}, "-test.run=TestHalf")
		assert.Equal(t, 1, code)
		assert.Equal(t, []string{"TestHalf2"}, failed(output), output)
		assert.Contains(t, output, "TestHalf2 leaked (settled for 50ms): 1 goroutine, 2 descriptors")
		assert.Equal(t, 2, strings.Count(output, "forgotten   closed only when the garbage collector had closed one of the two ends"), output)
	}
}
