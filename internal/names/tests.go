package names

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/leakassert/leakassert/internal/goroutine"
	"github.com/leakassert/leakassert/internal/pattern"
)

var testFunc = pattern.New(`\.((?:Test|Fuzz|Benchmark|Example)[^.\[(]*)`)

// TestsOn returns the test functions on a stack. A closure in a test has the test's name. Functions
// that are only named like tests are left out.
func TestsOn(stack []goroutine.Frame) (names []string, byTestMain bool) {
	for _, f := range stack {
		switch test := TestOf(f); {
		case test == "":
		case test == "TestMain":
			byTestMain = true
		case !slices.Contains(names, test) && (KnownTest(test) || declared(f.File, test)):
			names = append(names, test)
		}
	}
	return names, byTestMain
}

// Pattern returns the pattern with which go test selects a test or subtest, and only that.
func Pattern(test string) string {
	parts := strings.Split(test, "/")
	for i, p := range parts {
		parts[i] = "^" + regexp.QuoteMeta(p) + "$"
	}
	return strings.Join(parts, "/")
}

// TestOf returns the name of the test function that a frame is in, by its name and file. It
// includes functions that are only named like a test. It returns "" for other functions.
func TestOf(f goroutine.Frame) string {
	if !strings.HasSuffix(f.File, "_test.go") || !hasTest(f.Func) {
		return ""
	}
	if test, known := testOf.Load(f.Func); known {
		return test.(string)
	}
	test := ""
	if m := testFunc().FindStringSubmatch(Func(f.Func)); m != nil && IsTest(m[1]) {
		test = m[1]
	}
	testOf.Store(f.Func, test)
	return test
}

// testOf holds what TestOf has found out, by function: thousands of leaks may have one test on their
// stacks.
var testOf sync.Map

// hasTest reports whether a function's name, which may have the linker's escapes, may have the name of
// a test in it. It allocates nothing.
func hasTest(function string) bool {
	for _, part := range [...]string{".Test", ".Fuzz", ".Benchmark", ".Example", "%"} {
		if strings.Contains(function, part) {
			return true
		}
	}
	return false
}

// Known returns the test functions that are known to be tests without reading their source.
func Known(tests []string) []string {
	return slices.DeleteFunc(slices.Clone(tests), func(t string) bool { return IsTest(t) && !KnownTest(t) })
}

// declared reports whether a file declares a function as a test in the form that go test requires.
// A function that is only named like a test has other parameters, or results.
func declared(file, name string) bool {
	text, _ := os.ReadFile(file)                // if it can't be read, nothing is known to be a test
	parameters := `\w* ?\*testing\.` + name[:1] // T, B or F
	if strings.HasPrefix(name, "Example") {
		parameters = ""
	}
	return regexp.MustCompile(`(?m)^func ` + regexp.QuoteMeta(name) + `\(` + parameters + `\) *\{`).Match(text)
}

// IsTest reports whether the go command takes a function for a test, a fuzz target, a benchmark or
// an example: no lower case letter follows the prefix.
func IsTest(name string) bool {
	for _, prefix := range [...]string{"Test", "Fuzz", "Benchmark", "Example"} {
		if rest, ok := strings.CutPrefix(name, prefix); ok {
			first, _ := utf8.DecodeRuneInString(rest)
			return !unicode.IsLower(first)
		}
	}
	return false
}

// known holds the functions that are known to be tests.
var known = struct {
	sync.RWMutex
	tests map[string]bool
}{tests: make(map[string]bool)}

// ExpectTests makes room for so many tests.
func ExpectTests(n int) {
	known.Lock()
	defer known.Unlock()
	if len(known.tests) == 0 {
		known.tests = make(map[string]bool, n)
	}
}

// KnowTest records the functions in a test's name: the test, and the methods of a suite.
func KnowTest(name string) {
	for function := range strings.SplitSeq(name, "/") {
		if KnownTest(function) || !IsTest(function) {
			continue
		}
		known.Lock()
		known.tests[function] = true
		known.Unlock()
	}
}

// KnownTest reports whether a function is known to be a test.
func KnownTest(function string) bool {
	known.RLock()
	defer known.RUnlock()
	return known.tests[function]
}

// TestOfFolder returns the known test whose name is the longest with which a folder's name begins, as
// those of T.TempDir do, "" if there is none.
func TestOfFolder(folder string) (test string) {
	const longest = 64 // of a name in the folder's
	known.RLock()
	defer known.RUnlock()
	for name := range known.tests {
		if len(name) > len(test) && strings.HasPrefix(folder, name[:min(len(name), longest)]) {
			test = name
		}
	}
	return test
}
