//go:build !linux

package procstate

import "time"

var started = time.Now()

// Clock returns the time of a clock that only runs forward. In a bubble of testing/synctest it stands
// still.
func Clock() time.Duration { return time.Since(started) }

// Worked returns at least how long this process has used a processor.
func Worked() time.Duration { return Clock() }
