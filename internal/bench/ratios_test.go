package bench

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// The flags of [TestRatios].
var (
	ratios   = flag.Bool("ratios", false, "let TestRatios measure and print ratios, which takes some minutes")
	of       = flag.String("of", "", "measure ratios only among `these`, separated by commas: "+known)
	times    = flag.Bool("times", false, "print the times of the ratios too")
	rounds   = flag.Int("rounds", 7, "measure each ratio this many times")
	each     = flag.Duration("each", 30*time.Millisecond, "for this long each time, at least once")
	patience = flag.Duration("patience", 6*time.Second, "but measure no further what has taken so long at one size")
)

// known are the crowds that -of takes.
const known = "descriptors, connections, operations, rounds, objects, dumped and goroutines"

// TestRatios measures all checkers and the floors below them, and prints how they
// compare.
//
// Times of one machine say little about another and nothing when others work on
// it; ratios hold. Everything is measured in turns, so that a slow moment meets
// all alike, and of each the median counts. Nothing is judged: the test fails
// for no number.
func TestRatios(t *testing.T) {
	if !*ratios {
		t.Skip("to measure, run: go test -C internal/bench -run Ratios -timeout 1h -ratios [-times] [-of descriptors]")
	}
	crowds := slices.Clone(Crowds)
	if *of != "" {
		crowds = slices.DeleteFunc(crowds, func(c Crowd) bool { return !slices.Contains(strings.Split(*of, ","), c.Of) })
	}
	if len(crowds) == 0 {
		t.Fatalf("-of %s: there are only %s", *of, known)
	}
	benchtime(t, each.String())
	for _, c := range crowds {
		r := &results{crowd: c, cells: make(map[key]*cell)}
		for _, n := range c.Sizes {
			fmt.Fprintf(os.Stderr, "measuring among %d %s\n", n, c.Of)
			r.measure(n, *rounds, *patience)
		}
		r.print(os.Stdout)
		if *times {
			r.printTimes(os.Stdout)
		}
	}
}

// TestTables measures each case once among the smallest crowds, and shows that every
// heading of a table names cases that there are. A case may have no time, as a
// checker that comes to a wrong verdict has none.
func TestTables(t *testing.T) {
	benchtime(t, "1x")
	for _, crowd := range Crowds {
		crowd.Sizes = crowd.Sizes[:1]
		n := crowd.Sizes[0]
		r := &results{crowd: crowd, cells: make(map[key]*cell)}
		r.measure(n, 1, time.Hour)
		for k, l := range r.cells {
			if l.reason != "" {
				t.Logf("%s, body=%s, %s: %s", crowd.Of, k.body, k.by, l.reason)
				l.ns = []float64{1}
			}
		}
		var out strings.Builder
		r.print(&out)
		r.printTimes(&out)
		if len(tables[crowd.Of]) == 0 {
			t.Errorf("%s have no table", crowd.Of)
		}
		for _, table := range tables[crowd.Of] {
			if !strings.Contains(out.String(), table.title) {
				t.Errorf("%s: the table %q is not printed:\n%s", crowd.Of, table.title, &out)
			}
			for _, heading := range table.headings {
				if table.value(r, heading, n) == nothing {
					t.Errorf("%s, %s: %s names what is not measured", crowd.Of, table.body, heading)
				}
			}
		}
	}
}

// benchtime sets the time that [testing.Benchmark] takes, until the test ends.
func benchtime(t *testing.T, d string) {
	f := flag.Lookup("test.benchtime")
	before := f.Value.String()
	if err := f.Value.Set(d); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Value.Set(before) })
}
