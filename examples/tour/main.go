// Command tour runs the tests of the leaking examples, which fail, and shows how
// each leak is reported. It exits with 0 when every leak was caught.
//
//	go run ./examples/tour
package main

import (
	"fmt"
	"os"
)

func main() {
	missed := 0
	for i, s := range stops {
		fmt.Printf("%d of %d  %s\n%s\n\n", i+1, len(stops), s.title, s.story)
		report, err := s.visit()
		fmt.Print(report)
		if err != nil {
			missed++
			fmt.Printf("NOT CAUGHT: %v\n", err)
		}
		fmt.Println()
	}
	if missed > 0 {
		fmt.Printf("%d of %d leaks were not caught.\n", missed, len(stops))
		os.Exit(1)
	}
	fmt.Printf("%d of %d leaks caught. The mended twins pass: go test ./examples/... && go test -C examples/services ./...\n", len(stops), len(stops))
}
