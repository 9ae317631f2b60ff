package rangecleanup_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/leakassert/leakassert/examples/internal/readme"
	"github.com/leakassert/leakassert/examples/rangecleanup"
	"github.com/leakassert/leakassert/internal/faketb"
	"github.com/leakassert/leakassert/memassert"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var errBusy = errors.New("the server is busy")

func succeed() error { return nil }

func TestQueue(t *testing.T) {
	var q rangecleanup.Queue
	var tried, failing []string
	add := func(name string) {
		q.Add(func() error {
			tried = append(tried, name)
			if slices.Contains(failing, name) {
				return errBusy
			}
			return nil
		})
	}
	// run returns which jobs are tried when some of them fail.
	run := func(fail ...string) []string {
		tried, failing = nil, fail
		q.Run()
		return tried
	}
	for _, name := range []string{"a", "b", "c", "d"} {
		add(name)
	}
	assert.Equal(t, []string{"a", "b", "c", "d"}, run("b", "d"))
	assert.Equal(t, 2, q.Len())
	add("e")
	assert.Equal(t, []string{"b", "d", "e"}, run("d"))
	assert.Equal(t, []string{"d"}, run())
	assert.Empty(t, run())
	assert.Zero(t, q.Len())
}

func TestQueueWithAJobThatAddsOthers(t *testing.T) {
	var q rangecleanup.Queue
	done := 0
	q.Add(func() error {
		for range 100 {
			q.Add(func() error { done++; return nil })
		}
		return nil
	})
	q.Run()
	assert.Zero(t, done)
	assert.Equal(t, 100, q.Len())
	q.Run()
	assert.Equal(t, 100, done)
	assert.Zero(t, q.Len())
}

func TestQueueWithAJobThatPanics(t *testing.T) {
	var q rangecleanup.Queue
	done := 0
	q.Add(func() error { done++; return nil })
	q.Add(func() error { panic("no paper") })
	assert.Panics(t, q.Run)
	assert.Panics(t, q.Run)
	assert.Equal(t, 1, done)
	assert.Equal(t, 1, q.Len())
}

// A queue that has been long once gives everything back: the jobs and the array.
func TestQueueShrinks(t *testing.T) {
	var q rangecleanup.Queue
	q.Add(func() error { return errBusy })
	memassert.NoLeak(t, func() {
		for range 10_000 {
			paper := make([]byte, 64)
			q.Add(func() error { paper[0]++; return nil })
		}
		q.Run()
	}, memassert.MaxBytes(1<<10))
	assert.Equal(t, 1, q.Len())
}

func TestQueueDoesNotGrow(t *testing.T) {
	var q rangecleanup.Queue
	for range 100 {
		require.True(t, memassert.NoGrowth(t, func() {
			for range 32 {
				q.Add(succeed)
			}
			q.Run()
		}))
	}
}

// The leaking twin is caught each time.
func TestLeakingQueueIsCaught(t *testing.T) {
	for range 3 {
		var q rangecleanup.Leaking
		f := faketb.New("TestSubmit")
		assert.False(t, memassert.NoGrowth(f, func() {
			for range 32 {
				q.Add(succeed)
			}
			q.Run()
		}, memassert.Settle(0), memassert.Budget(20*time.Second)))
		assert.Contains(t, f.Errors(), "[]rangecleanup.Job\n")
		assert.Contains(t, f.Errors(), "allocated    rangecleanup.(*Leaking).Add  examples/rangecleanup/leaking.go:12\n")
		readme.Report(t, "TestSubmit", f.Errors(), readme.Growth)
	}
}
