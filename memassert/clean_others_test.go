package memassert_test

import (
	"encoding/json"
	"sync"
	"testing"
	"time"

	"github.com/leakassert/leakassert/memassert"
)

// The heap belongs to the process: what others do to it is not the body's.
var cleanBesideOthers = []cleanBody{
	{
		name: "beside garbage", why: "a goroutine that is not the body's makes garbage all the time",
		start: func(t *testing.T) func() {
			background(t, 10*time.Microsecond, func() { _, _ = json.Marshal(anOrder) })
			return marshal
		},
	},
	{
		name: "beside growth", why: "a goroutine that is not the body's keeps a KiB more every millisecond",
		start: func(t *testing.T) func() {
			var kept [][]byte
			background(t, time.Millisecond, func() { kept = append(kept, make([]byte, 1024)) })
			return marshal
		},
	},
	{
		name: "slow beside growth", opts: []memassert.Option{memassert.Budget(250 * time.Millisecond)}, why: "in each of its calls some KiB are added by another goroutine",
		start: func(t *testing.T) func() {
			var kept [][]byte
			background(t, time.Millisecond, func() { kept = append(kept, make([]byte, 1024)) })
			return func() {
				marshal()
				work(3e6)
			}
		},
	},
}

func marshal() {
	_, err := json.Marshal(anOrder)
	must(err)
}

// background calls f again and again until the test is over.
func background(t *testing.T, every time.Duration, f func()) {
	stop := make(chan struct{})
	var running sync.WaitGroup
	running.Go(func() {
		ticker := time.NewTicker(every)
		defer ticker.Stop()
		for {
			select {
			case <-stop:
				return
			case <-ticker.C:
				f()
			}
		}
	})
	t.Cleanup(func() {
		close(stop)
		running.Wait()
	})
}
