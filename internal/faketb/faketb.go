// Package faketb has a TB that records what a failing check says to it.
package faketb

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
)

// A TB plays a test that is not run by the testing package: Run calls its body
// and its cleanups, and Errors and Logs are what they have said.
type TB struct {
	name    string
	ctx     context.Context
	cancel  context.CancelFunc
	mu      sync.Mutex
	cleanup []func()
	errors  []string
	logs    []string
	skipped bool
	failed  bool
}

// New is a TB of the name.
func New(name string) *TB {
	t := &TB{name: name}
	t.ctx, t.cancel = context.WithCancel(context.Background())
	return t
}

// Run plays a whole test: body, then the cleanups, last in, first out. A panic
// of body is returned when the cleanups have run.
func Run(name string, body func(*TB)) (t *TB, panicked any) {
	t = New(name)
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() { panicked = recover() }()
		defer t.End()
		body(t)
	}()
	<-done
	return t, panicked
}

// End runs the cleanups, also those registered meanwhile.
func (t *TB) End() {
	t.cancel()
	for {
		t.mu.Lock()
		n := len(t.cleanup)
		if n == 0 {
			t.mu.Unlock()
			return
		}
		f := t.cleanup[n-1]
		t.cleanup[n-1], t.cleanup = nil, t.cleanup[:n-1]
		t.mu.Unlock()
		f()
	}
}

func (t *TB) Helper()                  {}
func (t *TB) Name() string             { return t.name }
func (t *TB) Context() context.Context { return t.ctx }
func (t *TB) Cleanup(f func())         { t.mu.Lock(); t.cleanup = append(t.cleanup, f); t.mu.Unlock() }

func (t *TB) Errorf(format string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.failed = true
	t.errors = append(t.errors, fmt.Sprintf(format, args...))
}

func (t *TB) Logf(format string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.logs = append(t.logs, fmt.Sprintf(format, args...))
}

// FailNow fails the test and leaves its goroutine.
func (t *TB) FailNow() {
	t.mu.Lock()
	t.failed = true
	t.mu.Unlock()
	runtime.Goexit()
}

// SkipNow skips the test and leaves its goroutine.
func (t *TB) SkipNow() {
	t.mu.Lock()
	t.skipped = true
	t.mu.Unlock()
	runtime.Goexit()
}

func (t *TB) Failed() bool  { t.mu.Lock(); defer t.mu.Unlock(); return t.failed }
func (t *TB) Skipped() bool { t.mu.Lock(); defer t.mu.Unlock(); return t.skipped }

// Errors is everything said with Errorf.
func (t *TB) Errors() string { t.mu.Lock(); defer t.mu.Unlock(); return strings.Join(t.errors, "\n") }

// Logs is everything said with Logf.
func (t *TB) Logs() string { t.mu.Lock(); defer t.mu.Unlock(); return strings.Join(t.logs, "\n") }

// Stuck starts goroutines that wait until the test that calls it is over, and
// returns when they wait.
func Stuck(t testing.TB, n int) (release func()) {
	c := make(chan struct{})
	var ready, gone sync.WaitGroup
	for range n {
		ready.Add(1)
		gone.Go(func() { ready.Done(); <-c })
	}
	ready.Wait()
	release = sync.OnceFunc(func() { close(c); gone.Wait() })
	t.Cleanup(release)
	return release
}
