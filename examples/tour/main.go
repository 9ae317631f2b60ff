// Command tour shows each example leak: it runs the test of the leaking form, which fails,
// and then the tests of the mended form, which pass. It exits with 1 if a leak is not
// caught or a mended form is blamed.
//
//	go run ./examples/tour
//	go run ./examples/tour -list
//	go run ./examples/tour -only accesslog,sqlite
//	go run ./examples/tour -mended=false
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
)

func main() { os.Exit(run(os.Args[1:])) }

func run(args []string) (code int) {
	flags := flag.NewFlagSet("tour", flag.ContinueOnError)
	only := flags.String("only", "", "visit only the examples of these `names`, separated by commas")
	list := flags.Bool("list", false, "list the examples and visit none")
	mended := flags.Bool("mended", true, "also run the tests of the mended forms")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return 0
	} else if err != nil {
		return 2
	}
	chosen, err := choose(*only)
	if err != nil {
		fmt.Fprintln(os.Stderr, "tour:", err)
		return 2
	}
	out := newScreen(os.Stdout)
	if *list {
		for _, s := range chosen {
			out.print(fmt.Sprintf("%-14s %s\n", s.name(), s.title))
		}
		return 0
	}
	t, err := newTour(*mended)
	if err != nil {
		fmt.Fprintln(os.Stderr, "tour:", err)
		return 1
	}
	defer t.close()
	return out.show(chosen, t.visit)
}

// choose returns the stops with the names, or all if none is given.
func choose(names string) ([]stop, error) {
	if names == "" {
		return stops, nil
	}
	var chosen []stop
	for name := range strings.SplitSeq(names, ",") {
		i := slices.IndexFunc(stops, func(s stop) bool { return s.name() == name })
		if i < 0 {
			return nil, fmt.Errorf("there is no example %q: -list shows their names", name)
		}
		chosen = append(chosen, stops[i])
	}
	return chosen, nil
}
