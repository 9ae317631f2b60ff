package leaktest_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// A check inside of Main judges at its own place among the cleanups, and Main does not
// say again what it has said.
func TestCheckUnderMain(t *testing.T) {
	for _, c := range []struct {
		words, fails, says string
	}{
		{"", "", ""},
		{"pool", "TestPoolIsClosedAfterItsCheck", "pool       +1  orders  InUse 0 → 1"},
		{"narrows", "TestNarrowsOtherwise", "cases.leave.func1"},
		{"opens", "TestOpens", "orders.log"},
	} {
		t.Run(c.words, func(t *testing.T) {
			t.Parallel()
			output, code := casesBinary.run(t, []string{"CASE=" + c.words})
			if c.fails == "" {
				assert.Zero(t, code)
				assert.Equal(t, "PASS\n", output)
				return
			}
			assert.Equal(t, 1, code)
			assert.Equal(t, []string{c.fails}, failed(output))
			assert.Contains(t, output, c.says)
			assert.Equal(t, 1, strings.Count(output, "leaked"), output)
		})
	}
}
