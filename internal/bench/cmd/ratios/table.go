package main

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"text/tabwriter"

	"github.com/leakassert/leakassert/internal/bench"
)

// A column has a heading and a value for each size of the crowd.
type column struct {
	heading string
	value   func(r *results, n int) string
}

// A table is about one body.
type table struct {
	title   string
	columns []column
}

// per is the ratio of two cases in the same crowd.
func per(body, a, b string) column {
	return column{a + "/" + b, func(r *results, n int) string {
		return ratio(r.cells[key{body, a, n}], r.cells[key{body, b, n}])
	}}
}

// flat is the ratio of a case to itself in the smallest crowd.
func flat(body, by string) column {
	return column{by + ", n/least", func(r *results, n int) string {
		return ratio(r.cells[key{body, by, n}], r.cells[key{body, by, r.crowd.Sizes[0]}])
	}}
}

// allocs are a case's allocations for each operation.
func allocs(body, by string) column {
	return column{by + ", allocs", func(r *results, n int) string {
		l := r.cells[key{body, by, n}]
		if _, ok := l.median(); !ok {
			return nothing
		}
		return fmt.Sprintf("%d of %d B", l.allocs, l.bytes)
	}}
}

// each is what a case allocates for each of n, in bytes.
func each(body, by string) column {
	return column{by + ", B each", func(r *results, n int) string {
		l := r.cells[key{body, by, n}]
		if _, ok := l.median(); !ok {
			return nothing
		}
		return figure(float64(l.bytes) / float64(n))
	}}
}

// over is what a case takes more than the floor of its body, in units of a case
// of another body.
func over(body, by, unitBody, unit string) column {
	return column{"added/" + unit + " on " + unitBody, func(r *results, n int) string {
		a, okA := r.cells[key{body, by, n}].median()
		b, okB := r.cells[key{body, bench.Floor, n}].median()
		u, okU := r.cells[key{unitBody, unit, n}].median()
		if !okA || !okB || !okU {
			return nothing
		}
		return figure((a - b) / u)
	}}
}

// print prints the tables, and why values are missing.
func (r *results) print(w io.Writer) {
	for _, t := range tables[r.crowd.Of] {
		fmt.Fprintf(w, "\n%s\n\n", t.title)
		row := func(w io.Writer, first string, value func(column) string) {
			fmt.Fprint(w, first)
			for _, c := range t.columns {
				fmt.Fprint(w, "\t", value(c))
			}
			fmt.Fprintln(w, "\t")
		}
		grid := tabwriter.NewWriter(w, 0, 0, 3, ' ', tabwriter.AlignRight)
		row(grid, r.crowd.Of, func(c column) string { return c.heading })
		for _, n := range r.crowd.Sizes {
			row(grid, strconv.Itoa(n), func(c column) string { return c.value(r, n) })
		}
		_ = grid.Flush()
	}
	fmt.Fprintln(w)
	for _, reason := range r.reasons {
		fmt.Fprintln(w, reason)
	}
	for _, n := range r.crowd.Sizes {
		for _, c := range r.crowd.Cases() {
			if l := r.cells[key{c.Body, c.By, n}]; l != nil && l.reason != "" {
				fmt.Fprintf(w, "%d %s, body=%s, %s: %s\n", n, r.crowd.Of, c.Body, c.By, l.reason)
			}
		}
	}
	if r.crowd.Of == bench.Parked.Of {
		fmt.Fprintln(w, "fortytw2 reads no more than 2 MiB of stacks: beyond some 7800 goroutines its ratios are those of a check that does not see the others.")
	}
}

// printTimes prints the median of every cell, with the fastest and the slowest
// round, and how many million of the crowd are done in a second of the median.
func (r *results) printTimes(w io.Writer) {
	grid := tabwriter.NewWriter(w, 0, 0, 3, ' ', tabwriter.AlignRight)
	fmt.Fprintf(grid, "\n%s\tbody\tby\tns/op\tfastest\tslowest\trounds\t", r.crowd.Of)
	if r.crowd.Done {
		fmt.Fprintf(grid, "M %s/s\t", r.crowd.Of)
	}
	fmt.Fprintln(grid)
	for _, n := range r.crowd.Sizes {
		for _, c := range r.crowd.Cases() {
			l := r.cells[key{c.Body, c.By, n}]
			if ns, ok := l.median(); ok {
				fmt.Fprintf(grid, "%d\t%s\t%s\t%.0f\t%.0f\t%.0f\t%d\t", n, c.Body, c.By, ns, slices.Min(l.ns), slices.Max(l.ns), len(l.ns))
				if r.crowd.Done {
					fmt.Fprintf(grid, "%s\t", figure(float64(n)/ns*1e3))
				}
				fmt.Fprintln(grid)
			}
		}
	}
	_ = grid.Flush()
}
