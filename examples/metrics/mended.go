package metrics

import (
	"context"
	"errors"
	"sync"
	"time"
)

// ErrClosed is the error of adding to a collector that is closed.
var ErrClosed = errors.New("metrics: the collector is closed")

// Collector is the collector mended: whoever starts it closes it, the channel is
// closed then, no report takes longer than its timeout, and Close returns when
// the workers have.
type Collector struct {
	report  func(context.Context, Sample)
	timeout time.Duration
	workers sync.WaitGroup

	mu      sync.RWMutex // held for reading while adding, so that Close closes an unused channel
	closed  bool
	samples chan Sample
}

// Start starts the workers; a report has the timeout to finish.
func Start(workers int, timeout time.Duration, report func(context.Context, Sample)) *Collector {
	c := &Collector{samples: make(chan Sample), report: report, timeout: timeout}
	for range workers {
		c.workers.Go(c.work)
	}
	return c
}

// Add hands a sample to a worker; it waits for one no longer than ctx.
func (c *Collector) Add(ctx context.Context, s Sample) error {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if c.closed {
		return ErrClosed
	}
	select {
	case c.samples <- s:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Close ends the workers and waits for them.
func (c *Collector) Close() {
	c.mu.Lock()
	if !c.closed {
		c.closed = true
		close(c.samples)
	}
	c.mu.Unlock()
	c.workers.Wait()
}

func (c *Collector) work() {
	for s := range c.samples {
		c.reportOne(s)
	}
}

func (c *Collector) reportOne(s Sample) {
	ctx, cancel := context.WithTimeout(context.Background(), c.timeout)
	defer cancel()
	c.report(ctx, s)
}
