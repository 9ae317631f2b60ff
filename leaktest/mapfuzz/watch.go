package mapfuzz

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/leakassert/leakassert/internal/goroutine"
	"github.com/leakassert/leakassert/internal/mapdrive"
	"github.com/leakassert/leakassert/internal/names"
	"github.com/leakassert/leakassert/internal/procstate"
)

const (
	// stuck is how long an operation may make no progress before it counts as not returning.
	stuck = 5 * time.Second
	often = 50 * time.Millisecond
)

// watched runs the driver and watches its progress, because nothing can stop a goroutine that does
// not return.
func (r *run) watched(drive func() *mapdrive.Failure) *mapdrive.Failure {
	d := r.d
	result := make(chan *mapdrive.Failure, 1)
	go func() {
		f := &mapdrive.Failure{What: "newMap, or a method of the map, ends its goroutine, as FailNow of a test does"}
		defer func() {
			if p := recover(); p != nil { // everything that is done to a map has its own recover
				f = &mapdrive.Failure{What: fmt.Sprintf("newMap panics: %v", p)}
			}
			if f != nil && f.Mode == "" {
				d.Finish(f)
			}
			result <- f
		}()
		f = drive()
		r.ended.Store(true)
	}()
	look := time.NewTicker(often)
	defer look.Stop()
	start := heapBytes()
	beats, looks := d.Beats(), 0
	for {
		select {
		case f := <-result:
			return f
		case <-look.C:
			looks++
			if now := d.Beats(); now != beats || d.Idle() {
				beats, looks = now, 0
			}
			if heapBytes()-start > r.maxHeap {
				d.Keep(true)
				if grown := liveBytes() - start; grown > r.maxHeap {
					return r.tooLarge(start, grown, result)
				}
				d.Keep(false)
			}
			// Count looks instead of only the time: a process that gets no time to run gets no looks
			// either.
			if looks > int(stuck/often) {
				f := d.Stuck()
				if f.Failed == 0 {
					f.Stacks = stacks()
				}
				d.Halt()
				return f
			}
		}
	}
}

// tooLarge stops the driver and finds out whether the map made the heap grow. If others in the
// process did, that is no failure. If the driver does not stop, because an operation takes ever
// more memory, tooLarge ends the process.
func (r *run) tooLarge(start, grown int64, result <-chan *mapdrive.Failure) *mapdrive.Failure {
	d := r.d
	most := start + 2*max(grown, r.maxHeap)
	tooMuch := func() bool { return heapBytes() > most && liveBytes() > most }
	progress := false
	for beats, end := d.Beats(), time.Now().Add(stuck); time.Now().Before(end) && !progress && !tooMuch(); {
		time.Sleep(time.Millisecond)
		progress = d.Beats() != beats || d.Idle()
	}
	f := d.Finish(new(mapdrive.Failure)) // if all operations return, nobody can tell which one it is
	if !progress {
		f = d.Stuck()
	}
	f.What = fmt.Sprintf("the map takes ever more memory: %s more than at the start", names.Size(float64(grown)))
	others := func() *mapdrive.Failure {
		r.t.Logf("mapfuzz: %s: ended before its time: the heap of the process has grown by %s, and not by the map", r.kind, names.Size(float64(grown)))
		return nil
	}
	keeps := d.Halt()
	for end := time.Now().Add(stuck); progress && time.Now().Before(end) && !tooMuch(); time.Sleep(time.Millisecond) {
		select {
		case found := <-result:
			if found != nil && found.Rounds > 0 { // it failed just before
				return found
			}
			with := liveBytes() - start // now that nothing allocates any more
			runtime.KeepAlive(keeps)
			keeps = nil
			if without := liveBytes() - start; with > r.maxHeap && without < with/2 {
				return f
			}
			return others()
		default:
		}
	}
	if d.Idle() {
		return others()
	}
	fmt.Fprintf(os.Stderr, "%s: %s\nmapfuzz: ending the process: nothing else stops it\n", r.t.Name(), r.describe(f))
	r.forget()
	os.Exit(2)
	return nil
}

// heapBytes returns the bytes of all objects in the heap, garbage included. liveBytes returns those
// that a collection leaves, without later allocations.
func heapBytes() int64 { return int64(procstate.Metric("/memory/classes/heap/objects:bytes")) }

func liveBytes() int64 {
	runtime.GC()
	return int64(procstate.Metric("/gc/heap/live:bytes"))
}

// stacks returns the calls in the map of the goroutines that drive it, without those that wait for
// others.
func stacks() (lines []string) {
	for r := range goroutine.All() {
		g, err := r.Parse()
		if err != nil || !drives(string(r.Text())) {
			continue
		}
		calls, waits := []string{fmt.Sprintf("goroutine %d, %s:", g.ID, g.State)}, true
		for i, f := range g.Frames {
			if i == 12 || drives(f.Func) {
				break
			}
			calls = append(calls, "    "+strings.Join(names.Call(f), "  "))
			waits = waits && (f.Func == "time.Sleep" || strings.HasPrefix(f.Func, "runtime.") || strings.Contains(f.Func, "/internal/goroutine."))
		}
		if !waits {
			lines = append(lines, calls...)
		}
	}
	return lines
}

// drives reports whether a text names a function that drives a map.
func drives(text string) bool {
	return strings.Contains(text, "/internal/mapdrive.") || strings.Contains(text, "/leaktest/mapfuzz.")
}
