package workers

import "context"

// Leaking runs each task on a goroutine of its own. Nothing bounds how many there
// are, and nobody waits for them.
type Leaking struct{}

// Submit starts the task.
func (Leaking) Submit(task func()) error {
	go task()
	return nil
}

// LeakingDo runs the task on r and returns its result, or gives up when ctx is done.
// Once it has given up nobody receives the result, and the goroutine of the task
// waits for good to send it.
func LeakingDo[T any](ctx context.Context, r Runner, task func() T) (T, error) {
	var zero T
	result := make(chan T)
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
