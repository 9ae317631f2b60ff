package mapfuzz

import (
	"fmt"
	"os"
	"runtime"
	"runtime/metrics"
	"slices"
	"strings"
	"time"

	"github.com/leakassert/leakassert/internal/goroutine"
	"github.com/leakassert/leakassert/internal/mapdrive"
	"github.com/leakassert/leakassert/internal/report"
)

const (
	// stuck is after how long without any progress an operation counts as one that
	// does not return.
	stuck = 5 * time.Second
	often = 50 * time.Millisecond
)

// watched runs the driver, and looks after it: nothing in the process stops a
// goroutine that does not return.
func watched(t TB, d *mapdrive.Driver, o settings, kind string, drive func() *mapdrive.Failure) *mapdrive.Failure {
	result := make(chan *mapdrive.Failure, 1)
	go func() {
		f := &mapdrive.Failure{What: "newMap, or a method of the map, ends its goroutine, as FailNow of a test does"}
		defer func() {
			if r := recover(); r != nil { // all that is done to a map has a recover of its own
				f = &mapdrive.Failure{What: fmt.Sprintf("newMap panics: %v", r)}
			}
			if f != nil && f.Mode == "" {
				d.Finish(f)
			}
			result <- f
		}()
		f = drive()
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
			if heapBytes()-start > o.maxHeap {
				if grown := liveBytes() - start; grown > o.maxHeap {
					return tooLarge(t, d, o, kind, start, grown, result)
				}
			}
			// Looks are counted, not the time alone: a process that gets no time to run
			// gets no looks either.
			if looks > int(stuck/often) {
				f := d.Stuck()
				if f.Failed == 0 {
					f.Stacks = stacks()
				}
				d.Halt()
				d.Restore()
				return f
			}
		}
	}
}

// tooLarge ends the driver, and finds out whether it is the map that has made the heap
// grow; if not, others in the process have, and that is no failure. If the driver does
// not end, for an operation that takes ever more, the process does.
func tooLarge(t TB, d *mapdrive.Driver, o settings, kind string, start, grown int64, result <-chan *mapdrive.Failure) *mapdrive.Failure {
	most := start + 2*max(grown, o.maxHeap)
	tooMuch := func() bool { return heapBytes() > most && liveBytes() > most }
	progress := false
	for beats, n := d.Beats(), 0; n < 100 && !progress && !tooMuch(); n++ {
		time.Sleep(time.Millisecond)
		progress = d.Beats() != beats || d.Idle()
	}
	f := new(mapdrive.Failure)
	if progress { // all operations return: which one it is can't be told, and the map is kept by none
		d.Finish(f)
	} else {
		f = d.Stuck()
	}
	f.What = fmt.Sprintf("the map takes ever more memory: %s more than at the start", report.Size(float64(grown)))
	others := func() *mapdrive.Failure {
		t.Logf("mapfuzz: %s: ended before its time: the heap of the process has grown by %s, and not by the map", kind, report.Size(float64(grown)))
		return nil
	}
	keeps := d.Halt()
	for end := time.Now().Add(stuck); progress && time.Now().Before(end) && !tooMuch(); time.Sleep(time.Millisecond) {
		select {
		case found := <-result:
			if found != nil && found.Rounds > 0 { // just before
				return found
			}
			with := liveBytes() - start // now that nothing is allocated any more
			runtime.KeepAlive(keeps)
			keeps = nil
			if without := liveBytes() - start; with > o.maxHeap && without < with/2 {
				return f
			}
			return others()
		default:
		}
	}
	if d.Idle() {
		return others()
	}
	fmt.Fprintf(os.Stderr, "%s: %s\nmapfuzz: ending the process: nothing else stops it\n", t.Name(), describe(t, d, f, kind))
	os.Exit(2)
	return nil
}

// heapBytes are those of all objects in the heap, garbage included, and liveBytes
// those that a collection has left, without what was allocated since.
func heapBytes() int64 { return metric("/memory/classes/heap/objects:bytes") }

func liveBytes() int64 {
	runtime.GC()
	return metric("/gc/heap/live:bytes")
}

func metric(name string) int64 {
	s := []metrics.Sample{{Name: name}}
	metrics.Read(s)
	return int64(s[0].Value.Uint64())
}

// stacks are the calls in the map of the goroutines that drive it; those that wait for
// others are left out.
func stacks() (lines []string) {
	goroutine.Dump(func(text []byte) {
		for r := range goroutine.Records(text) {
			if !slices.ContainsFunc(drivers, func(d string) bool { return strings.Contains(string(r.Text()), d) }) {
				continue
			}
			g, err := r.Parse()
			if err != nil {
				continue
			}
			calls, waits := []string{fmt.Sprintf("goroutine %d, %s:", g.ID, g.State)}, true
			for i, f := range g.Frames {
				if i == 12 || slices.ContainsFunc(drivers, func(d string) bool { return strings.Contains(f.Func, d) }) {
					break
				}
				calls = append(calls, "    "+strings.Join(report.Call(f), "  "))
				waits = waits && (f.Func == "time.Sleep" || strings.HasPrefix(f.Func, "runtime.") || strings.Contains(f.Func, "/internal/goroutine."))
			}
			if !waits {
				lines = append(lines, calls...)
			}
		}
	})
	return lines
}

// drivers are in the names of functions that drive a map.
var drivers = []string{"/internal/mapdrive.", "/leaktest/mapfuzz."}
