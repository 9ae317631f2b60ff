//go:build leaking

// The tests behind this build tag fail: they show how the leak is caught. The
// tour runs them.
package workers_test

import (
	"testing"

	"github.com/leakassert/leakassert/examples/workers"
	"github.com/leakassert/leakassert/leaktest"
	"github.com/leakassert/leakassert/poolassert"
)

func TestLeakingTasks(t *testing.T) {
	tasks := poolassert.Workers("tasks", workers.Leaking{})
	leaktest.Check(t, leaktest.Pools(tasks))
	for range 3 {
		giveUp(t, workers.LeakingDo, tasks)
	}
}
