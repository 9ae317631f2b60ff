package session

import (
	"sync"
	"testing"
	"unsafe"

	"github.com/leakassert/leakassert/internal/pipeline"
)

// EndLast makes the session end after the cleanups of its test, which has not registered any yet.
//
// It does not call t.Cleanup, which records the calls that lead to it and looks up their names: that
// takes as long as the rest of the beginning of a check. They matter only for lines of the log.
func (s *Session) EndLast() {
	if t, ok := s.T.(*testing.T); ok {
		if all := cleanupsOf.of(t); all != nil {
			*all = append(*all, s.last) // no other goroutine has t yet
			return
		}
	}
	s.T.Cleanup(s.End)
}

func (s *Session) last() {
	defer s.cleanup()
	pipeline.ReserveStack(s.Entry)
	if tell := s.finish(pipeline.Returned); tell != nil {
		s.T.Cleanup(tell) // runs next, with the calls that lines of the log need
	}
}

// registered returns how many cleanups a test has.
func registered(t *testing.T) int {
	all, lock := cleanupsOf.of(t), lockOf.of(t)
	if all == nil || lock == nil {
		return 0
	}
	lock.RLock()
	defer lock.RUnlock()
	return len(*all)
}

// Unexported fields of testing.T that each check needs. Field takes as long as all else that a check
// does without system calls.
var (
	cleanupsOf = fieldOfT[[]func()]("cleanups")
	lockOf     = fieldOfT[sync.RWMutex]("mu")
	isParallel = fieldOfT[bool]("isParallel")
)

// An offset returns where a testing.T has a field, and whether it has one of the expected type.
type offset[F any] func() (at uintptr, ok bool)

func fieldOfT[F any](name string) offset[F] {
	return sync.OnceValues(func() (uintptr, bool) {
		t := new(testing.T)
		f := Field[F](t, "testing", name)
		return uintptr(unsafe.Pointer(f)) - uintptr(unsafe.Pointer(t)), f != nil
	})
}

// of returns the field of a t, nil if it has none.
func (o offset[F]) of(t *testing.T) *F {
	if at, ok := o(); ok {
		return (*F)(unsafe.Add(unsafe.Pointer(t), at))
	}
	return nil
}
