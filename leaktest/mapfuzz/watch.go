package mapfuzz

import (
	"fmt"
	"os"
	"runtime/metrics"
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
	// mostMemory is how much more the heap may take than at the start.
	mostMemory = 1 << 30
)

// watched runs the driver, and looks after it: nothing in the process stops a
// goroutine that does not return.
func watched(t TB, d *mapdrive.Driver, o settings, kind string) *mapdrive.Failure {
	result := make(chan *mapdrive.Failure, 1)
	go func() { result <- d.Run(o.budget, o.wants) }()
	look := time.NewTicker(50 * time.Millisecond)
	defer look.Stop()
	start := heapBytes()
	beats, since := d.Beats(), time.Now()
	for {
		select {
		case f := <-result:
			return f
		case <-look.C:
			if now := d.Beats(); now != beats {
				beats, since = now, time.Now()
			}
			if grown := heapBytes() - start; grown > mostMemory {
				f := &mapdrive.Failure{Mode: d.Mode(), Seed: o.seed, What: fmt.Sprintf("the map takes ever more memory: %s more than at the start", report.Size(float64(grown)))}
				fmt.Fprintf(os.Stderr, "%s: %s\nmapfuzz: ending the process: nothing else stops it\n", t.Name(), describe(d, f, kind))
				os.Exit(2)
			}
			if time.Since(since) > stuck {
				return &mapdrive.Failure{Mode: d.Mode(), Seed: o.seed, What: "an operation does not return", Steps: stacks()}
			}
		}
	}
}

func heapBytes() int64 {
	s := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(s)
	return int64(s[0].Value.Uint64())
}

// stacks are the calls of the goroutines that drive the map, the operation that is
// under way first.
func stacks() (lines []string) {
	goroutine.Dump(func(text []byte) {
		for r := range goroutine.Records(text) {
			if !strings.Contains(string(r.Text()), "/internal/mapdrive.") {
				continue
			}
			g, err := r.Parse()
			if err != nil {
				continue
			}
			lines = append(lines, fmt.Sprintf("goroutine %d, %s:", g.ID, g.State))
			for i, f := range g.Frames {
				if i == 12 || strings.Contains(f.Func, "/internal/mapdrive.(*player)") {
					break
				}
				lines = append(lines, "    "+strings.Join(report.Call(f), "  "))
			}
		}
	})
	return lines
}
