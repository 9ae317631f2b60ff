package memassert_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"
)

type ctxKey struct{}

var cleanTimes = []cleanBody{
	{
		name: "context.WithCancel", why: "one that is cancelled is taken from its parent, which lives on",
		start: func(t *testing.T) func() {
			parent := t.Context()
			return func() {
				ctx, cancel := context.WithCancel(parent)
				defer cancel()
				child, cancelChild := context.WithCancel(context.WithValue(ctx, ctxKey{}, "x"))
				defer cancelChild()
				_ = child.Value(ctxKey{})
			}
		},
	},
	{
		name: "context.WithTimeout", why: "its timer is stopped when it is cancelled",
		start: func(t *testing.T) func() {
			parent := t.Context()
			return func() {
				_, cancel := context.WithTimeout(parent, time.Hour)
				cancel()
			}
		},
	},
	{
		name: "context that expires", why: "it is never cancelled, but its time is over in five milliseconds",
		start: func(t *testing.T) func() {
			parent := t.Context()
			return func() { forget(context.WithTimeout(parent, 5*time.Millisecond)) }
		},
	},
	{
		name: "context.AfterFunc", why: "one that is stopped is taken from its context",
		start: func(t *testing.T) func() {
			parent := t.Context()
			return func() {
				stop := context.AfterFunc(parent, func() {})
				stop()
			}
		},
	},
	{
		name: "time.After", why: "nobody waits for it: since Go 1.23 it goes at once, before that in five milliseconds",
		start: func(t *testing.T) func() {
			return func() { time.After(5 * time.Millisecond) }
		},
	},
	{
		name: "time.AfterFunc", why: "it is pending for ten milliseconds, with all that it holds",
		start: func(t *testing.T) func() {
			var sum atomic.Int64
			return func() {
				buf := make([]byte, 200)
				time.AfterFunc(10*time.Millisecond, func() { sum.Add(int64(len(buf))) })
			}
		},
	},
	{
		name: "stopped ticker", why: "the runtime has no more of it",
		start: func(t *testing.T) func() {
			return func() { time.NewTicker(time.Hour).Stop() }
		},
	},
	{
		name: "forgotten ticker", why: "since Go 1.23 one that nothing refers to is collected, stopped or not",
		start: func(t *testing.T) func() {
			return func() { time.NewTicker(time.Hour) }
		},
	},
	{
		name: "timer that is set again", why: "there is one for all calls",
		start: func(t *testing.T) func() {
			timer := time.NewTimer(time.Hour)
			t.Cleanup(func() { timer.Stop() })
			return func() { timer.Reset(time.Hour) }
		},
	},
}

// forget keeps go vet from asking for a context to be cancelled that isn't on
// purpose.
func forget(context.Context, context.CancelFunc) {}
