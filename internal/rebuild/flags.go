package rebuild

import (
	"slices"
	"strings"

	"github.com/leakassert/leakassert/internal/names"
)

// Selecting returns the flags of a test binary that run one test, nil if it has no test of that name.
func Selecting(test string) []string {
	if first, _, _ := strings.Cut(test, "/"); !names.IsTest(first) {
		return nil
	}
	pattern := names.Pattern(test)
	if strings.HasPrefix(test, "Benchmark") {
		return []string{"-test.run=^$", "-test.bench=" + pattern, "-test.benchtime=1x"}
	}
	return []string{"-test.run=" + pattern}
}

// ours are the flags of a test binary that say what runs, and what writes files or is shown.
var ours = []string{
	"run", "skip", "bench", "benchtime", "fuzz", "list", "count", "v", "failfast", "timeout", "testlogfile", "gocoverdir",
	"coverprofile", "cpuprofile", "memprofile", "blockprofile", "mutexprofile", "trace", "outputdir", "artifacts", "fuzzcachedir", "fuzzworker",
}

// OtherFlags returns the arguments of this process without the flags that a second run has of its own.
func OtherFlags(args []string) (rest []string) {
	for i := 0; i < len(args); i++ {
		name, _, hasValue := strings.Cut(strings.TrimLeft(args[i], "-"), "=")
		own, isTest := strings.CutPrefix(name, "test.")
		if !strings.HasPrefix(args[i], "-") || !isTest || !slices.Contains(ours, own) {
			rest = append(rest, args[i])
			continue
		}
		// go test writes -test.run=pattern; a person may write -test.run pattern.
		switch own {
		case "v", "failfast", "artifacts", "fuzzworker":
		default:
			if !hasValue {
				i++
			}
		}
	}
	return rest
}
