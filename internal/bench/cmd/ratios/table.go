package main

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"text/tabwriter"

	"github.com/leakassert/leakassert/internal/bench"
)

// A column has a heading and a value for each number of goroutines.
type column struct {
	heading string
	value   func(r results, n int) string
}

// A table is about one body.
type table struct {
	title   string
	columns []column
}

// per is the ratio of two cases among the same goroutines.
func per(body, a, b string) column {
	return column{a + "/" + b, func(r results, n int) string {
		return ratio(r[key{body, a, n}], r[key{body, b, n}])
	}}
}

// flat is the ratio of a case to itself among no goroutines.
func flat(body, by string) column {
	return column{by + ", n/0", func(r results, n int) string {
		return ratio(r[key{body, by, n}], r[key{body, by, 0}])
	}}
}

// allocs are a case's allocations for each operation.
func allocs(body, by string) column {
	return column{by + ", allocs", func(r results, n int) string {
		l := r[key{body, by, n}]
		if _, ok := l.median(); !ok {
			return nothing
		}
		return fmt.Sprintf("%d of %d B", l.allocs, l.bytes)
	}}
}

// over is what a case takes more than the floor of its body, in units of a case
// of another body.
func over(body, by, unitBody, unit string) column {
	return column{"added/" + unit + " on " + unitBody, func(r results, n int) string {
		a, okA := r[key{body, by, n}].median()
		b, okB := r[key{body, bench.Floor, n}].median()
		u, okU := r[key{unitBody, unit, n}].median()
		if !okA || !okB || !okU {
			return nothing
		}
		return figure((a - b) / u)
	}}
}

var tables = []table{
	{"A body that starts no goroutine; the floor reads the counter of started goroutines twice", []column{
		per(bench.Empty, bench.Goleak, bench.NoLeak),
		per(bench.Empty, bench.Fortytw2, bench.NoLeak),
		per(bench.Empty, bench.Goleak, bench.Check),
		per(bench.Empty, bench.NoLeak, bench.Floor),
		flat(bench.Empty, bench.NoLeak),
		flat(bench.Empty, bench.Check),
		flat(bench.Empty, bench.Goleak),
	}},
	{"Its allocations; those of leaktest grow a little with the digits of the number that each check of a process has", []column{
		allocs(bench.Empty, bench.NoLeak),
		allocs(bench.Empty, bench.Check),
		allocs(bench.Empty, bench.Goleak),
		allocs(bench.Empty, bench.Fortytw2),
	}},
	{"A body that starts a goroutine, which ends; the floor is one dump of all stacks", []column{
		per(bench.Goroutine, bench.Goleak, bench.NoLeak),
		per(bench.Goroutine, bench.Fortytw2, bench.NoLeak),
		per(bench.Goroutine, bench.NoLeak, bench.Floor),
		per(bench.Goroutine, bench.Check, bench.Floor),
		allocs(bench.Goroutine, bench.NoLeak),
	}},
	{"From the end of a body that leaks ten goroutines to the verdict, without the time to settle; the floor is one dump of all stacks", []column{
		per(bench.Leaks, bench.NoLeak0s, bench.Floor),
		per(bench.Leaks, bench.NoLeak2s, bench.Floor),
		per(bench.Leaks, bench.Goleak, bench.Floor),
		per(bench.Leaks, bench.Fortytw2, bench.Floor),
		per(bench.Leaks, bench.Goleak, bench.NoLeak0s),
	}},
	{"A whole test on a goroutine of its own; the floor is the test without a check, added is what is above it", []column{
		per(bench.Test, bench.Check, bench.Floor),
		over(bench.Test, bench.Check, bench.Empty, bench.Check),
		flat(bench.Test, bench.Check),
		allocs(bench.Test, bench.Floor),
		allocs(bench.Test, bench.Check),
	}},
}

// print prints the tables, and why values are missing.
func (r results) print(w io.Writer) {
	for _, t := range tables {
		fmt.Fprintf(w, "\n%s\n\n", t.title)
		row := func(w io.Writer, first string, value func(column) string) {
			fmt.Fprint(w, first)
			for _, c := range t.columns {
				fmt.Fprint(w, "\t", value(c))
			}
			fmt.Fprintln(w, "\t")
		}
		grid := tabwriter.NewWriter(w, 0, 0, 3, ' ', tabwriter.AlignRight)
		row(grid, "goroutines", func(c column) string { return c.heading })
		for _, n := range bench.Sizes {
			row(grid, strconv.Itoa(n), func(c column) string { return c.value(r, n) })
		}
		_ = grid.Flush()
	}
	fmt.Fprintln(w)
	for _, n := range bench.Sizes {
		for _, c := range bench.Cases() {
			if reason := r[key{c.Body, c.By, n}].reason; reason != "" {
				fmt.Fprintf(w, "%d goroutines, body=%s, %s: %s\n", n, c.Body, c.By, reason)
			}
		}
	}
	fmt.Fprintln(w, "fortytw2 reads no more than 2 MiB of stacks: beyond some 7800 goroutines its ratios are those of a check that does not see the others.")
}

// printTimes prints the median of every cell, with the fastest and the slowest
// round.
func (r results) printTimes(w io.Writer) {
	grid := tabwriter.NewWriter(w, 0, 0, 3, ' ', tabwriter.AlignRight)
	fmt.Fprintf(grid, "\ngoroutines\tbody\tby\tns/op\tfastest\tslowest\trounds\t\n")
	for _, n := range bench.Sizes {
		for _, c := range bench.Cases() {
			l := r[key{c.Body, c.By, n}]
			if ns, ok := l.median(); ok {
				fmt.Fprintf(grid, "%d\t%s\t%s\t%.0f\t%.0f\t%.0f\t%d\t\n", n, c.Body, c.By, ns, slices.Min(l.ns), slices.Max(l.ns), len(l.ns))
			}
		}
	}
	_ = grid.Flush()
}
