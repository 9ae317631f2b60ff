package leaktest_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// A finalizer or cleanup that blocks is found in the test that has caused it, although the goroutine
// in which it blocks is an old one of the runtime's. The tests after it are not blamed, not even if
// the guilty one has no check.
func TestStuckFinalizers(t *testing.T) {
	t.Parallel()
	output, _ := casesBinary.run(t, []string{"CASE=stuck plain"}, "-test.run=Stuck")
	assert.Equal(t, []string{"TestStuck2Cleanup", "TestStuck4Finalizer"}, failed(output), output)
	assert.Equal(t, 2, strings.Count(output, "a finalizer or cleanup that does not return"), output)

	output, _ = casesBinary.run(t, []string{"CASE=stuck plain unchecked"}, "-test.run=Stuck")
	assert.Empty(t, failed(output), output)

	// Under Main the package fails: the object may be that of an earlier test.
	output, code := casesBinary.run(t, []string{"CASE=stuck"}, "-test.run=Stuck")
	assert.Equal(t, 1, code, output)
	assert.Empty(t, failed(output))
	assert.Regexp(t, `seen during\s+TestStuck2Cleanup\n`, output)
	assert.Regexp(t, `seen during\s+TestStuck4Finalizer\n`, output)
	assert.Equal(t, 2, strings.Count(output, "seen during"), output)
}
