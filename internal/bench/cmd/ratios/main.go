// Ratios measures leaktest, fdassert, poolassert, memassert and the driver of maps of
// leaktest/mapfuzz, their peers and the floors below them, see package bench, and prints
// how they compare.
//
// Times of one machine say little about another and nothing when others work on
// it; ratios hold. Everything is measured in turns, so that a slow moment meets
// all alike, and of each the median counts. Nothing is judged: the tool fails
// for no number.
//
//	go run ./cmd/ratios                          # some minutes
//	go run ./cmd/ratios -times                   # and the times
//	go run ./cmd/ratios -of descriptors          # only among these
//	go run ./cmd/ratios -of operations,rounds    # only the driver of maps
package main

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/leakassert/leakassert/internal/bench"
)

// known are the crowds that -of takes.
const known = "descriptors, connections, operations, rounds, objects and goroutines"

func main() {
	flags := flag.NewFlagSet("ratios", flag.ExitOnError)
	rounds := flags.Int("rounds", 7, "measure everything this many times")
	each := flags.Duration("benchtime", 30*time.Millisecond, "for this long each time, at least once")
	patience := flags.Duration("patience", 6*time.Second, "but measure no further what has taken so long at one size")
	times := flags.Bool("times", false, "print the times too")
	of := flags.String("of", "", "measure only among `these`, separated by commas: "+known)
	_ = flags.Parse(os.Args[1:])

	testing.Init()
	if err := flag.Set("test.benchtime", each.String()); err != nil {
		fmt.Fprintln(os.Stderr, "ratios:", err)
		os.Exit(2)
	}
	crowds := slices.Clone(bench.Crowds)
	if *of != "" {
		crowds = slices.DeleteFunc(crowds, func(c bench.Crowd) bool { return !slices.Contains(strings.Split(*of, ","), c.Of) })
	}
	if len(crowds) == 0 {
		fmt.Fprintf(os.Stderr, "ratios: -of %s: there are only %s\n", *of, known)
		os.Exit(2)
	}
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
