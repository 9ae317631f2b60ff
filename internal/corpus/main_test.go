//go:build linux

package corpus

import (
	"os"
	"os/exec"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unsafe"
)

// underMain is set in the environment of a process that has the bodies as its tests.
const (
	underMain = "CORPUS_UNDER_MAIN"
	withHeap  = "heap"
)

// onlyBodies replaces the tests of the package: each clean body is one.
func onlyBodies(m *testing.M) *testing.M {
	field := reflect.ValueOf(m).Elem().FieldByName("tests")
	tests := (*[]testing.InternalTest)(unsafe.Pointer(field.UnsafeAddr()))
	*tests = nil
	for _, b := range bodies {
		if b.keeps != "" && os.Getenv(underMain) == withHeap {
			continue
		}
		*tests = append(*tests, testing.InternalTest{Name: b.testName(), F: func(t *testing.T) {
			b.needs.there(t)
			b.run(t)
		}})
	}
	return m
}

// testName returns the name of the body's test.
func (b body) testName() string {
	return "Test_" + strings.Map(func(r rune) rune {
		if strings.ContainsRune("/ .-", r) {
			return '_'
		}
		return r
	}, b.name)
}

var verdicts = regexp.MustCompile(`(?m)^--- (PASS|FAIL|SKIP): (\S+)`)

// No body may be reported if it is a test under Main.
func TestCleanMain(t *testing.T) {
	// A package of thousands of tests is another thing: a process has ten runs at most.
	for left := *runs; left > 0; left -= 10 {
		asMain(t, verb{name: "leaktest.Main"}, "yes", min(left, 10), 0)
	}
}

// The same with the heap, from the third run on.
func TestCleanMainHeap(t *testing.T) {
	if !*heap {
		t.Skip("it takes long: run it with -heap, as CI does at night")
	}
	asMain(t, verb{name: "leaktest.Main, Heap"}, withHeap, *runs+2, 2)
}

// asMain runs this program with the bodies as its tests, and counts the verdicts of all
// runs but the first ones.
func asMain(t *testing.T, v verb, how string, runs, first int) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.v", "-test.timeout=10m", "-test.count="+strconv.Itoa(runs))
	cmd.Env = append(os.Environ(), underMain+"="+how)
	out, err := cmd.CombinedOutput()
	found := verdicts.FindAllStringSubmatchIndex(string(out), -1)
	seen := make(map[string]int)
	failed := 0
	end := 0 // of the verdict before: with -test.v a verdict comes after what the test logs
	for _, at := range found {
		text, name := string(out[end:at[1]]), string(out[at[4]:at[5]])
		end = at[1]
		verdict := string(out[at[2]:at[3]])
		if verdict == "FAIL" {
			failed++
		}
		if seen[name]++; seen[name] <= first {
			continue
		}
		switch {
		case verdict == "PASS":
			count.add(t, &count.right, v.name, "")
		case verdict == "FAIL" && strings.Contains(text, " leaked "):
			count.add(t, &count.alarms, v.name, text)
		case verdict == "FAIL":
			count.add(t, &count.broken, v.name, text)
		}
	}
	if failed == 0 && (err != nil || len(found) == 0) {
		s := string(out)
		count.add(t, &count.alarms, v.name, "at the end of the package: "+s[max(0, len(s)-4000):])
	}
}
