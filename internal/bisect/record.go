package bisect

import (
	"cmp"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/leakassert/leakassert/internal/fingerprint"
	"github.com/leakassert/leakassert/internal/probe"
	"github.com/leakassert/leakassert/internal/report"
)

// These variables of the environment tell a child the file for its records, and the file with the names of the tests
// to run, a name a line; all run if it is not set. Linux takes no variable of more than 128 KiB, which the names
// of 3000 tests have.
const (
	toVar   = "LEAKTEST_BISECT_TO"
	onlyVar = "LEAKTEST_BISECT_ONLY"
)

// A found is a leak in the records of a child: of a test, or of the run if Test is empty.
type found struct {
	Test, Key, Line string
	Grows           bool // with each run of the suite
}

// same is what identifies a leak in several runs.
type same struct {
	test, key string
	grows     bool
}

func (f found) same() same { return same{f.Test, f.Key, f.Grows} }

// An entry is one line of the records: the name of a test that has begun, or a leak.
type entry struct {
	Ran  string `json:",omitempty"`
	Leak *found `json:",omitempty"`
}

// A Record is what a child tells its parent. A nil Record tells nothing.
type Record struct {
	mu   sync.Mutex
	file *os.File
	only map[string]bool
}

// OfChild returns the record of this process, nil if it is no child of a bisection.
func OfChild() *Record {
	name := os.Getenv(toVar)
	if name == "" {
		return nil
	}
	file, err := os.OpenFile(name, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return nil // the parent finds an empty record
	}
	r := &Record{file: file}
	if list, some := os.LookupEnv(onlyVar); some {
		names, err := os.ReadFile(list)
		if err != nil {
			return nil
		}
		r.only = make(map[string]bool)
		for name := range strings.SplitSeq(string(names), "\n") {
			r.only[name] = true
		}
	}
	return r
}

// Runs reports whether the child is to run a test.
func (r *Record) Runs(test string) bool { return r == nil || r.only == nil || r.only[test] }

// Ran notes that a test or example begins.
func (r *Record) Ran(test string) {
	if r != nil {
		r.write(entry{Ran: test})
	}
}

// Leaks notes what a test has leaked; what no test owns if test is "".
func (r *Record) Leaks(test string, leaks []probe.Leak, grows bool) {
	if r == nil {
		return
	}
	for _, l := range leaks {
		r.write(entry{Leak: &found{test, fingerprint.Of(l), report.Line(l), grows}})
	}
}

func (r *Record) write(e entry) {
	r.mu.Lock()
	defer r.mu.Unlock()
	_ = json.NewEncoder(r.file).Encode(e) // what is missing counts as not seen
}

// A run is what a child has recorded.
type run struct {
	tests []string
	leaks []found
}

func (r run) has(s same) bool {
	return slices.ContainsFunc(r.leaks, func(f found) bool { return f.same() == s })
}

// read reads what a child has written.
func read(file string) (r run, err error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return r, err
	}
	for line := range strings.Lines(string(text)) {
		var e entry
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			break // the child has died while it wrote
		}
		if e.Leak != nil {
			r.leaks = append(r.leaks, *e.Leak)
		} else if !slices.Contains(r.tests, e.Ran) {
			r.tests = append(r.tests, e.Ran)
		}
	}
	slices.SortStableFunc(r.leaks, func(a, b found) int { return cmp.Compare(a.Test, b.Test) }) // what no test owns comes first
	return r, nil
}
