package check

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/leakassert/leakassert/internal/probe"
	"github.com/leakassert/leakassert/internal/report"
)

var testFunc = regexp.MustCompile(`\.((?:Test|Fuzz|Benchmark|Example)[^.\[(]*)`)

// TestsOn names the test functions on a stack: closures in a test carry its name.
// Functions that only sound like tests are not among them.
func TestsOn(stack []probe.Frame) (names []string, byTestMain bool) {
	for _, f := range stack {
		if !strings.HasSuffix(f.File, "_test.go") {
			continue
		}
		m := testFunc.FindStringSubmatch(report.Func(f.Func))
		switch {
		case m == nil:
		case m[1] == "TestMain":
			byTestMain = true
		case isTestName(m[1]) && probe.KnownTest(m[1]) && !slices.Contains(names, m[1]):
			names = append(names, m[1])
		}
	}
	return names, byTestMain
}

// isTestName is the rule of go test: no lower case letter behind the prefix.
func isTestName(name string) bool {
	for _, prefix := range []string{"Test", "Fuzz", "Benchmark", "Example"} {
		if rest, ok := strings.CutPrefix(name, prefix); ok {
			r, _ := utf8.DecodeRuneInString(rest)
			return rest == "" || !unicode.IsLower(r)
		}
	}
	return false
}
