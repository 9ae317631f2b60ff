package workers

import (
	"context"
	"errors"
	"sync"
)

// ErrClosed is the error of submitting to a pool that is closed.
var ErrClosed = errors.New("workers: the pool is closed")

// Pool is the runner mended: a fixed number of workers, and a queue that is bounded.
type Pool struct {
	running sync.WaitGroup // workers, and callers that run a task

	mu     sync.RWMutex // held for reading while queueing, so that Close closes an unused channel
	closed bool
	queue  chan func()
}

// Start starts the workers. The queue has room for so many tasks.
func Start(workers, queue int) *Pool {
	p := &Pool{queue: make(chan func(), queue)}
	for range workers {
		p.running.Go(p.work)
	}
	return p
}

func (p *Pool) work() {
	for task := range p.queue {
		task()
	}
}

// Submit queues the task. If the queue is full the caller runs it, and submits
// nothing else meanwhile: so tasks come no faster than they are done.
func (p *Pool) Submit(task func()) error {
	queued, err := p.enqueue(task)
	if err != nil || queued {
		return err
	}
	defer p.running.Done()
	task()
	return nil
}

// enqueue reports whether there was room for the task. If not, the caller is counted
// as running.
func (p *Pool) enqueue(task func()) (queued bool, err error) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	if p.closed {
		return false, ErrClosed
	}
	select {
	case p.queue <- task:
		return true, nil
	default:
		p.running.Add(1)
		return false, nil
	}
}

// Close takes no more tasks, and returns when those that were submitted are done. A
// task must not call it.
func (p *Pool) Close() {
	p.mu.Lock()
	if !p.closed {
		p.closed = true
		close(p.queue)
	}
	p.mu.Unlock()
	p.running.Wait()
}

// Do runs the task on r and returns its result, or gives up when ctx is done. The
// channel has room for the result, so the task ends also if nobody receives it. A
// caller that runs the task itself does not give up.
func Do[T any](ctx context.Context, r Runner, task func() T) (T, error) {
	var zero T
	result := make(chan T, 1)
	if err := r.Submit(func() { result <- task() }); err != nil {
		return zero, err
	}
	select {
	case v := <-result:
		return v, nil
	case <-ctx.Done():
		return zero, ctx.Err()
	}
}
