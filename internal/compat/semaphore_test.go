package compat

import (
	"testing"

	"github.com/leakassert/leakassert/poolassert"
	"github.com/stretchr/testify/assert"
	"golang.org/x/sync/semaphore"
)

func TestSemaphore(t *testing.T) {
	s := semaphore.NewWeighted(10)
	watched := poolassert.Semaphore("permits", s, 10)
	holds(t, watched, func() {
		assert.NoError(t, s.Acquire(background, 3))
		assert.True(t, s.TryAcquire(7))
		s.Release(10)
	})
	leaks(t, watched, "permits  InUse 0 → 3", func() { assert.NoError(t, s.Acquire(background, 3)) })
	assert.True(t, s.TryAcquire(7), "a check gives back what it takes")
	s.Release(10)
}

// Who waits is let in, not forgotten, when a check has held all for a moment.
func TestSemaphoreInUse(t *testing.T) {
	s := semaphore.NewWeighted(2)
	stop := make(chan struct{})
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-stop:
				return
			default:
				assert.NoError(t, s.Acquire(background, 2))
				s.Release(2)
			}
		}
	}()
	holds(t, poolassert.Semaphore("permits", s, 2), func() {})
	close(stop)
	<-done
}
