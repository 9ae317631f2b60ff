package bench

import (
	"math"
	"slices"
	"testing"
	"time"
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
	peak   float64 // of memory in bytes, the highest of all rounds, where it is measured
	reason string  // why there is nothing
	took   time.Duration
}

// results are what has been measured among one crowd.
type results struct {
	crowd   Crowd
	cells   map[key]*cell
	order   []key    // of the cells, as they were measured
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
				r.order = append(r.order, k)
				r.cells[k] = &cell{reason: c.Skip(n, false), allocs: math.MaxInt64, bytes: math.MaxInt64}
			}
			if l := r.cells[k]; l.reason == "" && l.took < patience {
				l.add(c)
			}
		}
	}
}

func (l *cell) add(c Case) {
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
	l.ns = append(l.ns, ns)
	l.peak = max(l.peak, result.Extra["peak-B"])
	l.allocs, l.bytes = min(l.allocs, result.AllocsPerOp()), min(l.bytes, result.AllocedBytesPerOp())
}

// median is the middle of what has been measured, not a number if nothing was.
func (l *cell) median() float64 {
	if l == nil || len(l.ns) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(l.ns))
	mid := len(sorted) / 2
	if len(sorted)%2 == 0 {
		return (sorted[mid-1] + sorted[mid]) / 2
	}
	return sorted[mid]
}
