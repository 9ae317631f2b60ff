package metrics

import (
	"encoding/json"
	"fmt"
	"runtime"
	"runtime/metrics"
	"slices"
	"testing"
	"time"
)

// BenchmarkCascade measures what leaked collectors do to the rest of the process: how
// many goroutines and bytes there are, how long the garbage collector works for one
// cycle and which share of the processors it takes, and how long a small operation
// takes that has nothing to do with the collectors. README.md has the figures of a run.
func BenchmarkCascade(b *testing.B) {
	for _, leaked := range []int{0, 1000, 10_000} {
		b.Run(fmt.Sprintf("leaked=%d", leaked), func(b *testing.B) {
			defer leak(leaked)()
			cycle, goroutines, memory := collect(), runtime.NumGoroutine(), read().memory
			took := make([]time.Duration, b.N)
			before := read()
			b.ResetTimer()
			for i := range b.N {
				began := time.Now()
				operate(b)
				took[i] = time.Since(began)
			}
			b.StopTimer()
			after := read()
			slices.Sort(took)
			b.ReportMetric(float64(goroutines), "goroutines")
			b.ReportMetric(float64(memory)/(1<<20), "MiB")
			b.ReportMetric(cycle.Seconds()*1e3, "ms/GC")
			b.ReportMetric(100*(after.gc-before.gc)/(after.used-before.used), "%GC")
			b.ReportMetric(float64(took[len(took)/2]), "p50-ns/op")
		})
	}
}

// leak starts collectors of four workers each and forgets them. Each has a report
// function that refers to a table, as that of an exporter does. The function that is
// returned ends the workers, so that the next measurement begins without them.
func leak(n int) (end func()) {
	before := runtime.NumGoroutine()
	all := make([]*Leaking, n)
	for i := range all {
		series := make(map[string]*Sample, 16)
		all[i] = StartLeaking(4, func(s Sample) { _ = series[s.Name] })
		for j := range 16 {
			name := fmt.Sprintf("requests_%d", j)
			series[name] = &Sample{Name: name}
		}
	}
	return func() {
		for _, c := range all {
			close(c.samples)
		}
		for runtime.NumGoroutine() > before {
			runtime.Gosched()
		}
	}
}

// operate does what a handler does: it makes an answer of some KiB.
func operate(b *testing.B) {
	answer := make([]Sample, 32)
	for i := range answer {
		answer[i] = Sample{Name: "requests", Value: float64(i)}
	}
	if _, err := json.Marshal(answer); err != nil {
		b.Fatal(err)
	}
}

// collect returns the time of the shortest of five garbage collections.
func collect() time.Duration {
	shortest := time.Hour
	for range 5 {
		began := time.Now()
		runtime.GC()
		shortest = min(shortest, time.Since(began))
	}
	return shortest
}

// A reading of the runtime: processor time in seconds, memory in bytes.
type reading struct {
	gc, used float64
	memory   uint64
}

func read() reading {
	runtime.GC() // which brings the times up to date
	s := []metrics.Sample{
		{Name: "/cpu/classes/gc/total:cpu-seconds"},
		{Name: "/cpu/classes/user:cpu-seconds"},
		{Name: "/memory/classes/heap/objects:bytes"},
		{Name: "/memory/classes/heap/stacks:bytes"},
	}
	metrics.Read(s)
	gc := s[0].Value.Float64()
	return reading{gc, gc + s[1].Value.Float64(), s[2].Value.Uint64() + s[3].Value.Uint64()}
}
