package report

import (
	"slices"
	"strings"
	"testing"

	"github.com/leakassert/leakassert/internal/names"
)

// legend says what a sign means and how to learn more.
func (r Report) legend() string {
	sign := "+ open at the end, not at the start"
	switch {
	case r.Program != "":
		sign = "+ open at the end, not at Begin"
	case r.Grows == "":
	case r.Grows == "iteration":
		sign = "+ more after the last iteration than after the warm-up"
	default:
		sign = "+ more after the last " + r.Grows + " than after the first"
	}
	var more []string
	for _, l := range r.Leaks {
		if l.Traceable != "" && !slices.Contains(more, l.Traceable) {
			more = append(more, l.Traceable)
		}
	}
	if r.Trace || len(more) == 0 {
		return sign
	}
	return sign + ". For " + names.List(more) + ": " + traceCommand(r.Subject)
}

// traceCommand runs a test again with all evidence, and only that test.
func traceCommand(test string) string {
	if !testing.Testing() {
		return "set LEAKTEST=trace"
	}
	return "LEAKTEST=trace go test " + testFlags(test) + names.PackageDir()
}

// testFlags selects a test of the testing package; of others it selects none.
func testFlags(test string) string {
	first, _, _ := strings.Cut(test, "/")
	if !names.IsTest(first) {
		return ""
	}
	pattern := "'" + strings.ReplaceAll(names.Pattern(test), "'", `'\''`) + "' "
	if strings.HasPrefix(first, "Benchmark") {
		return "-run '^$' -bench " + pattern
	}
	return "-run " + pattern
}
