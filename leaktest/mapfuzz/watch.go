package mapfuzz

import (
	"fmt"
	"os"
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
	// mostMemory is how much more the heap may take than at the start.
	mostMemory = 1 << 30
)

// watched runs the driver, and looks after it: nothing in the process stops a
// goroutine that does not return.
func watched(t TB, d *mapdrive.Driver, kind string, drive func() *mapdrive.Failure) *mapdrive.Failure {
	result := make(chan *mapdrive.Failure, 1)
	go func() { result <- drive() }()
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
			if grown := heapBytes() - start; grown > mostMemory {
				f := d.Stuck()
				f.What = fmt.Sprintf("the map takes ever more memory: %s more than at the start", report.Size(float64(grown)))
				fmt.Fprintf(os.Stderr, "%s: %s\nmapfuzz: ending the process: nothing else stops it\n", t.Name(), describe(t, d, f, kind))
				os.Exit(2)
			}
			// Looks are counted, not the time alone: a process that gets no time to run
			// gets no looks either.
			if looks > int(stuck/often) {
				d.Restore()
				f := d.Stuck()
				if f.Failed == 0 {
					f.Stacks = stacks()
				}
				return f
			}
		}
	}
}

func heapBytes() int64 {
	s := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(s)
	return int64(s[0].Value.Uint64())
}

// stacks are the calls in the map of the goroutines that drive it.
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
			calls := []string{fmt.Sprintf("goroutine %d, %s:", g.ID, g.State)}
			for i, f := range g.Frames {
				if i == 12 || slices.ContainsFunc(drivers, func(d string) bool { return strings.Contains(f.Func, d) }) {
					break
				}
				calls = append(calls, "    "+strings.Join(report.Call(f), "  "))
			}
			if len(calls) > 1 {
				lines = append(lines, calls...)
			}
		}
	})
	return lines
}

// drivers are in the names of functions that drive a map.
var drivers = []string{"/internal/mapdrive.", "/leaktest/mapfuzz."}
