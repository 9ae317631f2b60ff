package tasks

import "context"

// Run does the tasks of the store, each as soon as it is added, until ctx is done.
// It asks once for each task. Whoever calls Run decides on which goroutine it runs,
// and ends it.
func Run(ctx context.Context, s *Store, do func(Task)) error {
	for {
		t, err := s.Wait(ctx)
		if err != nil {
			return err
		}
		do(t)
	}
}
