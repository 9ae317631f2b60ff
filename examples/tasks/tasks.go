// Package tasks does the tasks that others put into a store of the process. It is
// here twice: as a runner that asks the store every second, and as one that waits
// for a task.
package tasks

import (
	"context"
	"sync"
)

// A Task is something to do.
type Task string

// Store has the tasks that are to be done. NewStore makes one.
type Store struct {
	mu    sync.Mutex
	added *sync.Cond
	tasks []Task
	stats Stats
}

// Stats is what a store knows about those who ask it.
type Stats struct {
	Asked   int64 // calls of Next and Wait
	Waiting int64 // calls of Wait that have not returned
}

// NewStore returns a store without tasks.
func NewStore() *Store {
	s := new(Store)
	s.added = sync.NewCond(&s.mu)
	return s
}

// Add adds a task.
func (s *Store) Add(t Task) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tasks = append(s.tasks, t)
	s.added.Signal()
}

// Next takes the oldest task out, if there is one.
func (s *Store) Next() (t Task, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stats.Asked++
	if len(s.tasks) == 0 {
		return "", false
	}
	return s.take(), true
}

// Wait takes the oldest task out. If there is none, it waits for one until ctx is
// done.
func (s *Store) Wait(ctx context.Context) (Task, error) {
	// A sync.Cond knows no context, so the end of ctx wakes those who wait.
	stop := context.AfterFunc(ctx, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.added.Broadcast()
	})
	defer stop()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stats.Asked++
	s.stats.Waiting++
	defer func() { s.stats.Waiting-- }()
	for len(s.tasks) == 0 {
		if err := ctx.Err(); err != nil {
			return "", err
		}
		s.added.Wait()
	}
	return s.take(), nil
}

// take takes the oldest task out; s.mu is locked, and there is one.
func (s *Store) take() Task {
	t := s.tasks[0]
	s.tasks[0] = "" // the array must not hold it
	s.tasks = s.tasks[1:]
	return t
}

// Stats returns the present numbers.
func (s *Store) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stats
}
