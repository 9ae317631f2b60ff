package memassert_test

import (
	"context"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"
)

// What these bodies leave goes by itself, or with a later call, within the settle time.
var cleanLater = slicesOf(
	later("goroutine", "it ends by itself", func(d time.Duration) func() {
		return func() {
			b := make([]byte, 64)
			go func() { time.Sleep(d); runtime.KeepAlive(b) }()
		}
	}, 30*time.Millisecond, 300*time.Millisecond),
	later("timer", "it fires", func(d time.Duration) func() {
		return func() {
			b := make([]byte, 64)
			time.AfterFunc(d, func() { runtime.KeepAlive(b) })
		}
	}, 30*time.Millisecond, 200*time.Millisecond, 1500*time.Millisecond),
	later("context", "its time is over", func(d time.Duration) func() {
		return func() { forget(context.WithTimeout(context.Background(), d)) }
	}, 100*time.Millisecond, time.Second),
	later("rate limiter", "each call sweeps what has come of age", func(d time.Duration) func() {
		var seen []visit
		return func() {
			now := time.Now()
			i := 0
			for i < len(seen) && now.Sub(seen[i].at) > d {
				i++
			}
			seen = append(seen[i:], visit{at: now, data: new([64]byte)})
		}
	}, 10*time.Millisecond, 100*time.Millisecond, time.Second),
	later("session map", "a call sweeps the map when it is time to", func(d time.Duration) func() {
		sessions := make(map[int]*visit)
		n, swept := 0, time.Now()
		return func() {
			n++
			now := time.Now()
			sessions[n] = &visit{at: now}
			if now.Sub(swept) > d {
				for k, v := range sessions {
					if now.Sub(v.at) > d {
						delete(sessions, k)
					}
				}
				swept = now
			}
		}
	}, 50*time.Millisecond, 500*time.Millisecond),
	later("finalizer", "it takes its time", func(d time.Duration) func() {
		return func() { runtime.SetFinalizer(&link{}, func(*link) { time.Sleep(d) }) }
	}, time.Millisecond),
	later("cleanup", "it takes its time", func(d time.Duration) func() {
		return func() { runtime.AddCleanup(&link{}, func(*link) { time.Sleep(d) }, &link{}) }
	}, time.Millisecond),
	[]cleanBody{
		{name: "last answer", why: "there is one, of any size", start: func(t *testing.T) func() {
			var last []byte
			t.Cleanup(func() { runtime.KeepAlive(last) })
			return func() { last = make([]byte, rand.IntN(1<<20)) }
		}},
		{name: "last answers", why: "there are eight, of any length", start: func(t *testing.T) func() {
			var last [8][]*item
			n := 0
			return func() {
				n++
				last[n%8] = nil
				for range rand.IntN(200) {
					last[n%8] = append(last[n%8], &item{Name: "pen"})
				}
			}
		}},
	},
)

type visit struct {
	at   time.Time
	data *[64]byte
}

func slicesOf(all ...[]cleanBody) (bodies []cleanBody) {
	for _, b := range all {
		bodies = append(bodies, b...)
	}
	return bodies
}

func later(name, why string, start func(time.Duration) func(), times ...time.Duration) (bodies []cleanBody) {
	for _, d := range times {
		bodies = append(bodies, cleanBody{name: name + " of " + d.String(), why: why, start: func(*testing.T) func() { return start(d) }})
	}
	return bodies
}
