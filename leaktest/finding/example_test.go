package finding_test

import (
	"errors"
	"fmt"
	"strings"

	"github.com/leakassert/leakassert/leaktest/finding"
)

// Written by LEAKTEST=json=$PWD/leaks.json go test ./...; the second line is damaged.
const leaks = `{"version":1,"kind":"goroutine","fingerprint":"goroutine example.org/shop.Import","test":"TestImport","package":"example.org/shop","place":{"func":"example.org/shop.Import","file":"shop.go","line":13},"count":2,"unit":"goroutine","text":"goroutine  +2  chan receive"}
{"version":1,"kind":"fd","finger
`

func ExampleRead() {
	findings, err := finding.Read(strings.NewReader(leaks))
	for _, f := range findings {
		fmt.Println(f.Test, f.Count, f.Unit, f.Site())
	}
	fmt.Println(err)
	// Output:
	// TestImport 2 goroutine shop.go:13
	// line 2: unexpected end of JSON input
}

// The leaks that no test owns.
func ExampleFinding() {
	findings, _ := finding.Read(strings.NewReader(`{"version":1,"kind":"fd","fingerprint":"fd","tests":["TestA","TestB"],"count":1,"unit":"descriptor","text":"fd  +1  7 /tmp/a"}`))
	for _, f := range findings {
		if f.Test == "" {
			fmt.Println(f.Text, f.Tests, f.Place.Site() == "")
		}
	}
	// Output:
	// fd  +1  7 /tmp/a [TestA TestB] true
}

func ExampleAll() {
	counts := make(map[string]int64)
	for f, err := range finding.All(strings.NewReader(leaks)) {
		var damaged *finding.LineError
		if errors.As(err, &damaged) {
			fmt.Println("line", damaged.Line, "is damaged")
			continue
		}
		counts[f.Kind] += f.Count
	}
	fmt.Println(counts)
	// Output:
	// line 2 is damaged
	// map[goroutine:2]
}
