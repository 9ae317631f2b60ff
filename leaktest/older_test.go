package leaktest_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// A goroutine that is not the test's starts another one for the test, as a worker of TestMain does
// or the server of an earlier test. The test fails for what runs its functions. For other goroutines
// it, or under Main the package, fails if nothing can wake them, and otherwise a note names them.
func TestStartedByAnOlderGoroutine(t *testing.T) {
	t.Parallel()
	const kept = "note: not judged: goroutine  +2  chan receive  cases.waitsForJob"
	named := []string{"TestOlder1Starts", "TestOlder3Named", "TestOlder4LazyNamed", "TestOlder8Subtest"}
	output, code := casesBinary.run(t, []string{"CASE=older"}, "-test.run=Older")
	assert.Equal(t, 1, code)
	assert.Equal(t, named, failed(output), output)
	_, unowned, _ := strings.Cut(output, "what no test owns leaked")
	assert.Equal(t, 1, strings.Count(unowned, "goroutine  +2  chan receive  cases.blocks"), output)
	assert.Equal(t, 1, strings.Count(output, kept), output)

	output, _ = casesBinary.run(t, []string{"CASE=older plain"}, "-test.run=Older")
	assert.Equal(t, []string{"TestOlder1Starts", "TestOlder3Named", "TestOlder4LazyNamed", "TestOlder5Blocks", "TestOlder6LazyBlocks",
		"TestOlder8Subtest", "TestOlder8Subtest/inner"}, failed(output), output)
	assert.Equal(t, 1, strings.Count(output, kept), output)
	assert.Equal(t, 1, strings.Count(output, "chan receive  cases.TestOlder8Subtest"), "the inner check has reported it: "+output)
}
