// Package procstate manages settings of the whole process, such as the profile rate and the
// percentage of the garbage collector. Several checks can change a setting at the same time, and
// the user's value is restored when the last one has ended.
package procstate

import (
	"runtime"
	"sync"
)

// A setting can be changed, to ours, by several checks at the same time.
type setting struct {
	sync.Mutex
	holders     int
	users, ours int
}

// release ends the need of one holder. If it was the last one and ours is still set, release
// restores the user's value.
func (s *setting) release(get func() int, set func(int)) {
	s.Lock()
	defer s.Unlock()
	if s.holders--; s.holders == 0 && get() == s.ours {
		set(s.users)
	}
}

// recording is the profile rate. At 1 every allocation is recorded.
var recording = setting{ours: 1}

// RecordAllocations makes the memory profile record every allocation until release is called. The
// rate belongs to the process. The last release restores the user's rate: the rate before, or one
// that the user has set meanwhile. While every allocation is recorded, one takes some microseconds
// instead of a tenth of one.
func RecordAllocations() (release func()) {
	recording.Lock()
	defer recording.Unlock()
	if rate := MemProfileRate(); recording.holders == 0 || rate != recording.ours {
		recording.users = rate
	}
	recording.holders++
	setMemProfileRate(recording.ours)
	return sync.OnceFunc(func() { recording.release(MemProfileRate, setMemProfileRate) })
}

// MemProfileRate returns the current rate at which allocations are recorded: 1 while every one is,
// unless the user has changed it. The race detector sees neither reads nor writes of the rate: the
// runtime and runtime/pprof use it at any time, without a lock.
//
//go:norace
func MemProfileRate() int { return runtime.MemProfileRate }

//go:norace
func setMemProfileRate(rate int) { runtime.MemProfileRate = rate }
