package leaktest_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// A goroutine without the label of its test, and without a test on its stack, is found
// while hundreds of others are at work. One that ends is not.
func TestUnlabelledBesideOthers(t *testing.T) {
	t.Parallel()
	output, code := casesBinary.run(t, []string{"CASE=plain unlabelled"}, "-test.run=Unlabelled")
	assert.Equal(t, 1, code)
	count := map[string]int{}
	for _, name := range failed(output) {
		name, _, _ := strings.Cut(name, "#")
		count[strings.TrimPrefix(name, "TestUnlabelledBesideOthers/")]++
	}
	delete(count, "TestUnlabelledBesideOthers")
	assert.Equal(t, map[string]int{
		"timer": 1, "timer/leaks": 20, "labels": 1, "labels/leaks": 20, "deadline": 1, "deadline/leaks": 20,
	}, count, output)
}

// A timer that one test leaves and that sets the next one is held against none of the
// following tests; under Main the package fails for it, once.
func TestChainOfTimers(t *testing.T) {
	t.Parallel()
	for range 5 {
		output, code := casesBinary.run(t, []string{"CASE=plain chain"}, "-test.run=Chain")
		assert.Subset(t, []string{"TestChain1"}, failed(output), output)
		assert.Equal(t, len(failed(output)) > 0, code == 1)
		assert.LessOrEqual(t, strings.Count(output, "not judged: goroutine"), 1, output)

		output, code = casesBinary.run(t, []string{"CASE=chain"}, "-test.run=Chain")
		assert.Subset(t, []string{"TestChain1"}, failed(output), output)
		assert.Equal(t, 1, code, output)
		assert.Equal(t, 1, strings.Count(output, " leaked"), output)
		assert.Contains(t, output, "cases.renew")
	}
}

// What a parallel test without a check holds for a moment is not the leak of one that
// does nothing.
func TestNeighbourWithoutACheck(t *testing.T) {
	for _, holds := range []string{"fd", "timer", "context", "goroutine", "heap"} {
		t.Run(holds, func(t *testing.T) {
			t.Parallel()
			output, code := casesBinary.run(t, []string{"CASE=plain neighbour " + holds}, "-test.run=TestNeighbour|TestIdle", "-test.parallel=2")
			assert.Zero(t, code, output)
			assert.Empty(t, failed(output))
		})
	}
}
