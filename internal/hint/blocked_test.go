package hint_test

import (
	"context"
	"testing"
	"time"
)

// In each body the goroutine waits in code of its own, and not in a function that others share: its
// line shows what it waits for.

func leakSelect(*testing.T) (end func()) {
	ctx, cancel := context.WithCancel(context.Background())
	work := make(chan int)
	go func() {
		select {
		case <-work:
		case <-ctx.Done():
		}
	}()
	return cancel
}

// done has the method of a context and is none.
type done chan struct{}

func (d done) Done() <-chan struct{} { return d }

func leakOwnSelect(*testing.T) (end func()) {
	ctx, work := make(done), make(chan int)
	go func() {
		select {
		case <-work:
		case <-ctx.Done():
		}
	}()
	return func() { close(ctx) }
}

// A context that can't be cancelled has no channel.

func leakBackground(*testing.T) (end func()) {
	ctx, work := context.Background(), make(chan int)
	go func() {
		select {
		case <-work:
		case <-ctx.Done():
		}
	}()
	return func() { close(work) }
}

// leakBackgroundOrQuit waits for a channel of the same type as that of a context.
func leakBackgroundOrQuit(*testing.T) (end func()) {
	ctx, quit := context.Background(), make(chan struct{})
	go func() {
		select {
		case <-quit:
		case <-ctx.Done():
		}
	}()
	return func() { close(quit) }
}

type worker struct {
	ctx  context.Context
	quit done
}

func (w worker) run()     { <-w.ctx.Done() }
func (w worker) runQuit() { <-w.quit.Done() }

func leakField(*testing.T) (end func()) {
	ctx, cancel := context.WithCancel(context.Background())
	go worker{ctx: ctx}.run()
	return cancel
}

func leakQuit(*testing.T) (end func()) {
	quit := make(done)
	go worker{quit: quit}.runQuit()
	return func() { close(quit) }
}

func leakTicker(*testing.T) (end func()) {
	ticker := time.NewTicker(time.Hour)
	go func() {
		for range ticker.C {
			return
		}
	}()
	return func() { ticker.Reset(time.Millisecond) }
}

func leakRange(*testing.T) (end func()) {
	c := make(chan int)
	go func() {
		for range c {
		}
	}()
	return func() { close(c) }
}

// leakTicks ranges over the channel of a ticker too, but its line does not show that.
func leakTicks(*testing.T) (end func()) {
	ticker := time.NewTicker(time.Hour)
	go func(ticks <-chan time.Time) {
		for range ticks {
			return
		}
	}(ticker.C)
	return func() { ticker.Reset(time.Millisecond) }
}

type queue struct{ jobs chan int }

func (q queue) run() {
	for range q.jobs {
	}
}

func leakQueue(*testing.T) (end func()) {
	q := queue{make(chan int)}
	go q.run()
	return func() { close(q.jobs) }
}

func leakReceive(*testing.T) (end func()) {
	c := make(chan int)
	go func() { <-c }()
	return func() { close(c) }
}

// leakIterator ranges over a function, in which it waits.
func leakIterator(*testing.T) (end func()) {
	c := make(chan int)
	all := func(yield func(int) bool) { yield(<-c) }
	go func() {
		for range all {
		}
	}()
	return func() { close(c) }
}

// leakNil stays: nothing ends it.
func leakNil(*testing.T) (end func()) {
	var c chan int
	go func() { <-c }()
	return func() {}
}

var ofBlocked = []known{
	{name: "context in a select", cause: "the context is not cancelled", leak: leakSelect, nearly: leakOwnSelect},
	{name: "context in a field", cause: "the context is not cancelled", leak: leakField, nearly: leakQuit},
	{name: "ticker", cause: "Stop does not close a ticker's channel", leak: leakTicker, nearly: leakRange},
	{name: "range over a field", cause: "the channel that it ranges over is not closed", leak: leakQueue, nearly: leakTicks},
	{name: "range", cause: "the channel that it ranges over is not closed", leak: leakRange, nearly: leakReceive},
	{name: "range over a function", cause: "the channel that it ranges over is not closed", leak: leakRange, nearly: leakIterator},
	{name: "nil channel", cause: "the channel is nil", leak: leakNil, nearly: leakReceive},
}
