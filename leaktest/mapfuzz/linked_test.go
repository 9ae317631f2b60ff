package mapfuzz_test

import (
	"os/exec"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// An ordinary test binary has nothing of exploring but the option: the scheduler and what rewrites
// sources are linked under a build tag only.
func TestExploringIsNotLinked(t *testing.T) {
	deps := func(flags ...string) string {
		out, err := exec.Command("go", append(append([]string{"list", "-deps"}, flags...), "github.com/leakassert/leakassert/leaktest/mapfuzz")...).Output()
		require.NoError(t, err)
		return string(out)
	}
	ordinary := deps()
	for _, of := range []string{"leakassert/internal/explore\n", "leakassert/internal/mapexplore\n", "internal/instrument/", "go/types\n"} {
		assert.NotContains(t, ordinary, of)
	}
	explores := deps("-tags", "leakassertexplore")
	assert.Contains(t, explores, "leakassert/internal/explore\n")
	assert.NotContains(t, explores, "go/types\n", "the rewriting is a command of its own")
}
