package rebuild

import (
	"os/exec"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
)

// A command that takes too long is killed with its children, in a bubble too, where time stands still.
func TestRunKills(t *testing.T) {
	late := func(t *testing.T) {
		c := exec.Command("sh", "-c", "sleep 60 & wait")
		late := (*TimeoutError)(nil)
		assert.ErrorAs(t, Run(c, 50*time.Millisecond), &late)
	}
	late(t)
	synctest.Test(t, late)
	assert.NoError(t, Run(exec.Command("true"), time.Minute))
}
