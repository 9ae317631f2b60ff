package bench

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
)

// A table is about one body. The heading of a column says what is in it:
//
//	A/B             the ratio of two cases in the same crowd, by their medians
//	A, n/least      the ratio of a case to itself in the smallest crowd
//	A, allocs       its allocations for each operation
//	A, B each       what it allocates for each of n, in bytes
//	A, ns each      what it takes for each of n
//	A, peak each    the peak of its memory for each of n, in bytes
//	added/A on BODY what it takes more than the floor, in units of itself on another body
type table struct {
	title    string
	body     string
	headings []string
}

// value is what a column has for a crowd of n.
func (t table) value(r *results, heading string, n int) string {
	at := func(body, by string, n int) *cell { return r.cells[key{body, by, n}] }
	if of, found := strings.CutPrefix(heading, "added/"); found {
		by, body, _ := strings.Cut(of, " on ")
		return figure((at(t.body, by, n).median() - at(t.body, "floor", n).median()) / at(body, by, n).median())
	}
	by, what, _ := strings.Cut(heading, ", ")
	a, over, _ := strings.Cut(by, "/")
	l := at(t.body, a, n)
	switch ns := l.median(); {
	case math.IsNaN(ns):
		return nothing
	case what == "allocs":
		return fmt.Sprintf("%d of %d B", l.allocs, l.bytes)
	case what == "B each":
		return figure(float64(l.bytes) / float64(n))
	case what == "ns each":
		return figure(ns / float64(n))
	case what == "peak each":
		return figure(l.peak / float64(n))
	case what == "n/least":
		return figure(ns / at(t.body, a, r.crowd.Sizes[0]).median())
	default:
		return figure(ns / at(t.body, over, n).median())
	}
}

const nothing = "-" // in place of a figure of what has not been measured

// figure is x with about three digits that count, and spaces between thousands.
func figure(x float64) string {
	switch {
	case math.IsNaN(x):
		return nothing
	case x < 10:
		return strconv.FormatFloat(x, 'f', 2, 64)
	case x < 100:
		return strconv.FormatFloat(x, 'f', 1, 64)
	}
	digits := strconv.FormatFloat(x, 'f', 0, 64)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + " " + digits[i:]
	}
	return digits
}

// print prints the tables, and why values are missing.
func (r *results) print(w io.Writer) {
	for _, t := range tables[r.crowd.Of] {
		fmt.Fprintf(w, "\n%s\n\n", t.title)
		grid := tabwriter.NewWriter(w, 0, 0, 3, ' ', tabwriter.AlignRight)
		fmt.Fprintf(grid, "%s\t%s\t\n", r.crowd.Of, strings.Join(t.headings, "\t"))
		for _, n := range r.crowd.Sizes {
			fmt.Fprint(grid, n, "\t")
			for _, heading := range t.headings {
				fmt.Fprint(grid, t.value(r, heading, n), "\t")
			}
			fmt.Fprintln(grid)
		}
		_ = grid.Flush()
	}
	fmt.Fprintln(w)
	for _, reason := range r.reasons {
		fmt.Fprintln(w, reason)
	}
	for _, k := range r.order {
		if reason := r.cells[k].reason; reason != "" {
			fmt.Fprintf(w, "%d %s, body=%s, %s: %s\n", k.n, r.crowd.Of, k.body, k.by, reason)
		}
	}
	if r.crowd.Of == Parked.Of {
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
	for _, k := range r.order {
		l := r.cells[k]
		if len(l.ns) == 0 {
			continue
		}
		fmt.Fprintf(grid, "%d\t%s\t%s\t%.0f\t%.0f\t%.0f\t%d\t", k.n, k.body, k.by, l.median(), slices.Min(l.ns), slices.Max(l.ns), len(l.ns))
		if r.crowd.Done {
			fmt.Fprintf(grid, "%s\t", figure(float64(k.n)/l.median()*1e3))
		}
		fmt.Fprintln(grid)
	}
	_ = grid.Flush()
}
