package compat

import (
	"context"
	"testing"

	"github.com/jackc/puddle/v2"
	"github.com/leakassert/leakassert/poolassert"
	"github.com/stretchr/testify/assert"
)

func TestPuddle(t *testing.T) {
	pool := must(puddle.NewPool(&puddle.Config[int]{
		Constructor: func(context.Context) (int, error) { return 1, nil },
		Destructor:  func(int) {},
		MaxSize:     4,
	}))
	t.Cleanup(pool.Close)
	watched := poolassert.Puddle("numbers", pool)
	holds(t, watched, func() {
		a, b := must(pool.Acquire(background)), must(pool.Acquire(background))
		a.Release()
		b.Destroy()
		idle := pool.AcquireAllIdle()
		for _, r := range idle {
			r.ReleaseUnused()
		}
		must(pool.Acquire(background)).Hijack()
		ctx, cancel := context.WithCancel(background)
		cancel()
		_, err := pool.Acquire(ctx)
		assert.Error(t, err)
	})
	report := leaks(t, watched, "numbers  InUse 0 → 1", func() {
		r := must(pool.Acquire(background))
		t.Cleanup(r.Release)
	})
	assert.Contains(t, report, "the pool's Close waits for what is out")
	assert.NotContains(t, report, "LEAKTEST=trace", "it has nothing to say of puddle")
}
