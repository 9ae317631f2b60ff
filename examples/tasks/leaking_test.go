//go:build leaking

// The tests behind this build tag fail: they show how the leak is caught. The
// tour runs them.
package tasks_test

import (
	"testing"
	"time"

	"github.com/leakassert/leakassert/examples/tasks"
	"github.com/leakassert/leakassert/leaktest"
)

func TestLeakingRunner(t *testing.T) {
	leaktest.Check(t)
	store, done := tasks.NewStore(), make(chan tasks.Task)
	tasks.StartLeaking(store, time.Second, func(task tasks.Task) { done <- task })
	store.Add("send the invoice")
	<-done
}
