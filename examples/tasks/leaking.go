package tasks

import "time"

// StartLeaking starts a runner that asks the store at each tick and does one task.
// It asks mostly for nothing, and a task waits half an interval on average. Nobody
// can stop the runner, so its goroutine and its ticker stay for good.
func StartLeaking(s *Store, every time.Duration, do func(Task)) {
	go poll(s, every, do)
}

func poll(s *Store, every time.Duration, do func(Task)) {
	for range time.NewTicker(every).C {
		if t, ok := s.Next(); ok {
			do(t)
		}
	}
}
