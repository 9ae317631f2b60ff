package cases

import (
	"sync"
	"testing"
)

// A worker starts a goroutine for each task. That goroutine does not carry the label of the test
// that has sent the task, but that of the test which has started the worker.
type worker chan func()

func newWorker() worker {
	w, ready := make(worker), make(chan struct{})
	defer func() { <-ready }()
	go func() {
		close(ready)
		for task := range w {
			go task()
		}
	}()
	return w
}

// do returns when the task has begun. If it were inlined, the stack of the task would name the test.
//
//go:noinline
func (w worker) do(task func()) {
	began := make(chan struct{})
	w <- func() { close(began); task() }
	<-began
}

var (
	oldWorker  = sync.OnceValue(newWorker)
	lazyWorker = sync.OnceValue(newWorker)
)

func blocks()      { <-make(chan bool) }
func waitsForJob() { <-never }
func returns()     {}

func older(t *testing.T) {
	if !on("older") {
		t.Skip("CASE has no older")
	}
	checked(t)
}

// TestOlder1 starts a worker for all tests. It is blamed for that.
func TestOlder1Starts(t *testing.T)    { older(t); lazyWorker() }
func TestOlder2Ends(t *testing.T)      { older(t); oldWorker().do(returns); lazyWorker().do(returns) }
func TestOlder3Named(t *testing.T)     { older(t); oldWorker().do(func() { <-never }) }
func TestOlder4LazyNamed(t *testing.T) { older(t); lazyWorker().do(func() { <-never }) }
func TestOlder5Blocks(t *testing.T)    { older(t); oldWorker().do(blocks) }
func TestOlder6LazyBlocks(t *testing.T) {
	older(t)
	lazyWorker().do(blocks)
}
func TestOlder7Kept(t *testing.T) {
	older(t)
	oldWorker().do(waitsForJob)
	lazyWorker().do(waitsForJob)
}
func TestOlder8Subtest(t *testing.T) {
	older(t)
	t.Run("inner", func(t *testing.T) { checked(t); lazyWorker().do(func() { <-never }) })
}
func TestOlder9Skipped(t *testing.T) {
	older(t)
	go blocks()
	t.Skip("a test that is skipped gets no verdict")
}
