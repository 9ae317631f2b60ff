package main

import (
	"slices"
	"testing"
	"time"

	"github.com/leakassert/leakassert/internal/bench"
)

// A key names a cell: a checker, or a floor, on a body in a crowd of n.
type key struct {
	body, by string
	n        int
}

// A cell is what has been measured.
type cell struct {
	ns     []float64 // of an operation, one for each round
	allocs int64     // of an operation, the fewest: other goroutines' only add to it
	bytes  int64
	reason string // why there is nothing
	took   time.Duration
}

// results are what has been measured among one crowd.
type results struct {
	crowd   bench.Crowd
	cells   map[key]*cell
	reasons []string // why there is nothing at some sizes
}

// measure takes all cases in turns in a crowd of n.
func (r *results) measure(n, rounds int, patience time.Duration) {
	release, err := r.crowd.Gather(n)
	if err != nil {
		r.reasons = append(r.reasons, err.Error())
		return
	}
	defer release()
	for range rounds {
		for _, c := range r.crowd.Cases() {
			k := key{c.Body, c.By, n}
			if r.cells[k] == nil {
				r.cells[k] = &cell{reason: c.Skip(n, false)}
			}
			if l := r.cells[k]; l.reason == "" && l.took < patience {
				l.add(c)
			}
		}
	}
}

func (l *cell) add(c bench.Case) {
	began := time.Now()
	result := testing.Benchmark(func(b *testing.B) {
		if wrong := c.Bench(b); wrong != "" {
			l.reason = wrong
			b.SkipNow() // leaves b.Loop half-way
		}
	})
	l.took += time.Since(began)
	if l.reason != "" {
		l.ns = nil
		return
	}
	ns, changed := result.Extra["ns/op"]
	if !changed {
		ns = float64(result.T.Nanoseconds()) / float64(result.N)
	}
	allocs, bytes := result.AllocsPerOp(), result.AllocedBytesPerOp()
	if len(l.ns) == 0 {
		l.allocs, l.bytes = allocs, bytes
	}
	l.ns = append(l.ns, ns)
	l.allocs, l.bytes = min(l.allocs, allocs), min(l.bytes, bytes)
}

// median is the middle of what has been measured, false if nothing was.
func (l *cell) median() (ns float64, ok bool) {
	if l == nil || len(l.ns) == 0 {
		return 0, false
	}
	sorted := slices.Sorted(slices.Values(l.ns))
	mid := len(sorted) / 2
	if len(sorted)%2 == 0 {
		return (sorted[mid-1] + sorted[mid]) / 2, true
	}
	return sorted[mid], true
}
