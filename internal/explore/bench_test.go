package explore_test

import (
	"sync/atomic"
	"testing"

	"github.com/leakassert/leakassert/internal/explore"
	"github.com/leakassert/leakassert/internal/explore/rewritten"
)

// BenchmarkPointOutside is a point while nothing is explored.
func BenchmarkPointOutside(b *testing.B) {
	var v atomic.Int64
	for b.Loop() {
		rewritten.Point(&v)
	}
}

// BenchmarkPointForeign is a point of a goroutine that is no task, while something is explored.
func BenchmarkPointForeign(b *testing.B) {
	var v atomic.Int64
	begun, end := make(chan bool), make(chan bool)
	go func() {
		defer close(end)
		c := explore.Config{Schedules: 1, New: func() explore.Program {
			return explore.Program{Setup: func() {
				rewritten.Point(&v)
				close(begun)
				<-end
			}}
		}}
		if _, err := explore.Explore(c); err != nil {
			b.Error(err)
		}
	}()
	<-begun
	for b.Loop() {
		rewritten.Point(&v)
	}
	end <- true
	<-end
}

// points is how many points the benchmarks of points and switches pass in one execution.
const points = 1000

// BenchmarkPointGoesOn is a point at which another task could run and does not.
func BenchmarkPointGoesOn(b *testing.B) {
	c := explore.Config{Schedules: 1 + b.N/points, Bound: 3, New: func() explore.Program {
		return explore.Program{Tasks: []func(){
			func() { rewritten.Points(new(atomic.Int64), points) },
			func() { rewritten.Points(new(atomic.Int64), 1) },
		}}
	}}
	r, err := explore.Explore(c)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(r.Points), "ns/point")
}

// BenchmarkSwitch is a point at which another task runs on.
func BenchmarkSwitch(b *testing.B) {
	task := func() { rewritten.Yields(points / 2) }
	c := explore.Config{Schedules: 1 + b.N/points, New: func() explore.Program {
		return explore.Program{Tasks: []func(){task, task}}
	}}
	r, err := explore.Explore(c)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(r.Switches), "ns/switch")
}

// BenchmarkDuel is an execution of two tasks with ten points each.
func BenchmarkDuel(b *testing.B) {
	c := config(func() rewritten.Program { return rewritten.Duel(10) })
	c.Schedules, c.Bound = b.N, 3
	c.Chance = b.N
	r, err := explore.Explore(c)
	if err != nil || r.Schedules != b.N && !r.Complete {
		b.Fatal(r.Summary(), err)
	}
	b.ReportMetric(float64(r.Switches)/float64(r.Schedules), "switches/op")
}

// BenchmarkExplore is a whole exploration of the smallest program.
func BenchmarkExplore(b *testing.B) {
	c := config(func() rewritten.Program { return rewritten.Duel(1) })
	for b.Loop() {
		if r, err := explore.Explore(c); err != nil || !r.Complete {
			b.Fatal(r.Summary(), err)
		}
	}
}

// BenchmarkLeft is an execution that leaves a goroutine waiting, which has to be ended.
func BenchmarkLeft(b *testing.B) {
	c := config(rewritten.Janitor)
	c.Bound, c.Chance = -1, b.N
	if r, err := explore.Explore(c); err != nil || r.Schedules != b.N {
		b.Fatal(r.Summary(), err)
	}
}
