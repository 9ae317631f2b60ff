package bench

import "strings"

// wrongly says what is wrong with a report on a clean body: anything.
func wrongly(report string) (wrong string) {
	if report == "" {
		return ""
	}
	line, _, _ := strings.Cut(report, "\n")
	return "it fails a clean body: " + line
}

// missing says what is wrong with a report on the body that leaks: that it does
// not name the function whose goroutines are left.
func missing(report string) (wrong string) {
	switch line, _, _ := strings.Cut(report, "\n"); {
	case strings.Contains(report, "bench.leak"):
		return ""
	case line != "":
		return "it does not see the leaks: " + line
	}
	return "it does not see the leaks"
}
