package aside_test

import (
	"runtime"
	"testing"
	"testing/synctest"

	"github.com/leakassert/leakassert/internal/aside"
	"github.com/stretchr/testify/assert"
)

func TestCall(t *testing.T) {
	called := false
	assert.NoError(t, aside.Call(func() { called = true }))
	assert.True(t, called)
	assert.EqualError(t, aside.Call(func() { panic("boom") }), "panic: boom")
	assert.ErrorIs(t, aside.Call(runtime.Goexit), aside.ErrGone)
	assert.NoError(t, aside.Call(func() {}), "the next call is unharmed")
}

// In a bubble the clock is the test's, so that what blocks is given up at once.
func TestCallInABubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		blocked := make(chan struct{})
		assert.ErrorIs(t, aside.Call(func() { <-blocked }), aside.ErrLate)
		close(blocked)
		assert.NoError(t, aside.Call(func() {}))
	})
}
