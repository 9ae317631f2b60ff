package leaktest_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// A pipe gets no colours unless they are asked for. What go test prints is read from a pipe.
func TestColours(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		env  []string
		want bool
	}{
		{nil, false},
		{[]string{"FORCE_COLOR=1"}, true},
		{[]string{"CLICOLOR_FORCE=1"}, true},
		{[]string{"FORCE_COLOR=0"}, false},
		{[]string{"FORCE_COLOR=1", "NO_COLOR=1"}, false},
	} {
		output, code := suiteBinary.run(t, c.env, "-test.run=^(TestLeaks|TestNoLeakInside)$")
		assert.Equal(t, 1, code)
		for _, heading := range []string{"TestLeaks leaked (settled for 100ms): 1 goroutine", "TestNoLeakInside leaked (settled for 100ms): 1 goroutine"} {
			if c.want {
				heading = "\x1b[1m" + heading + "\x1b[0m"
			}
			assert.Contains(t, output, ": "+heading+"\n", c.env)
		}
		if !c.want {
			assert.NotContains(t, output, "\x1b", c.env)
		}
	}
}
