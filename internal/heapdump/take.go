package heapdump

import (
	"errors"
	"fmt"
	"runtime"
	"runtime/pprof"
	"sync"
	"time"

	"github.com/leakassert/leakassert/internal/procstate"
)

var taking sync.Mutex

const tries = 3

// Take collects garbage and takes a dump of this process. It works on Linux on amd64 and arm64. The
// dump is larger than the heap; it is outside of the Go heap. Take takes none if twice as much memory
// is not left, or if the heap has more than 4 GiB.
//
// A child process writes the dump. It may crash, because the runtime's dumper does so if a goroutine
// is leaving a system call. It may hang, if another thread held a lock of the runtime during the fork.
// Take then kills it and tries again, at most three times altogether.
func Take() (*Dump, error) { return TakeUnmarked(Goroutines{}) }

// Goroutines says where the runtime keeps its goroutines: the address of the variable runtime.allgs,
// and the offset of the status in a goroutine.
type Goroutines struct{ All, Status uint64 }

// known are the places that the child needs, zero if they are not known. Whoever holds taking sets
// them.
var known Goroutines

// TakeUnmarked takes a dump as [Take] does, also after the goroutineleak profile has found leaks. The
// profile marks leaked goroutines, and the dumper crashes on the mark. The child removes the marks in
// its copy.
func TakeUnmarked(where Goroutines) (*Dump, error) {
	taking.Lock()
	defer taking.Unlock()
	known = where
	runtime.GC()
	runtime.GC() // it empties what sync.Pool has kept
	err := Possible()
	if err != nil {
		return nil, err
	}
	for try := range tries {
		var d *Dump
		// Should the list of cleanups crash the child, the dump does without it.
		if d, err = take(limit(try), try < tries-1); err == nil {
			return d, nil
		}
		if errors.Is(err, errCrashed) && where == (Goroutines{}) && LeaksMarked() {
			return nil, errors.New("heap dump: the goroutineleak profile has found leaks, and the runtime can't write a dump any more; take the profile after the check")
		}
	}
	return nil, fmt.Errorf("%w (%d tries)", err, tries)
}

// Supported reports whether this system and processor are ones on which dumps are taken. If not, Possible
// returns why.
func Supported() bool { return supported }

// Possible returns an error if there is no use in trying to take a dump.
func Possible() error {
	if err := room(Heap()); err != nil {
		return fmt.Errorf("heap dump: %w", err)
	}
	return nil
}

var errCrashed = errors.New("the child crashed")

// LeaksMarked reports whether the last goroutineleak profile has found leaked goroutines. It marks
// them, and the runtime's dumper crashes on the mark.
func LeaksMarked() bool {
	p := pprof.Lookup("goroutineleak")
	return p != nil && p.Count() > 0
}

// limit returns how long a child may take: 1 s for the first and 3 s for the others, but 10 ms or 30 ms
// for each MiB of the heap if that is longer. A child needs about 2 ms for each MiB of small objects.
func limit(try int) time.Duration {
	factor := time.Duration(1)
	if try > 0 {
		factor = 3
	}
	return factor * max(time.Second, time.Duration(heapBytes()>>20)*10*time.Millisecond)
}

// Heap returns the bytes and the number of all objects, also of those that are garbage.
func Heap() (bytes, objects uint64) {
	return heapBytes(), procstate.Metric("/gc/heap/objects:objects")
}

// heapBytes returns the bytes of all objects.
func heapBytes() uint64 { return procstate.Metric("/memory/classes/heap/objects:bytes") }
