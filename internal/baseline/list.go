package baseline

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"

	"github.com/leakassert/leakassert/internal/names"
)

// A Mode says what happens to a file.
type Mode int

const (
	Read  Mode = iota
	Write      // stale entries are removed and counts lowered
	Add        // what is new is added, too
)

// A List is the part of a file that belongs to the tests of this process, and what they have leaked.
type List struct {
	path, shown string
	pkg         string
	mode        Mode
	fresh       bool // there was no file

	mu      sync.Mutex
	entries map[key]placed
	records map[string]*record // by test
	runs    map[any]*Run
	suite   bool
	// followed says that the suite was repeated, and what grows with each run was followed.
	followed bool
	times    int64            // how often the suite runs its tests
	used     map[string]int64 // how many of the leaks of no test were found in tests
}

// A record is what the runs of one test have leaked.
type record struct {
	most     map[string]int64 // the most in one run, by fingerprint
	grows    map[string]bool  // what grows
	kinds    map[string]bool  // that were judged to the end
	whole    bool             // a run was judged to its end, and none was not
	subtests bool
}

var opened struct {
	sync.Mutex
	lists map[string]*List
}

// Open returns the list in a file. It reads the file once. A file that does not exist is an error
// unless it is written. An error says what to do.
func Open(file string, mode Mode) (*List, error) {
	path := names.FromPackage(file)
	opened.Lock()
	defer opened.Unlock()
	id := fmt.Sprint(mode, path)
	if l := opened.lists[id]; l != nil {
		return l, nil
	}
	l := &List{
		path: path, shown: names.Path(path), pkg: cmp.Or(names.TestPackage(), "."), mode: mode,
		records: make(map[string]*record), runs: make(map[any]*Run), used: make(map[string]int64), times: 1,
	}
	text, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if l.fresh = true; mode == Read {
			return nil, fmt.Errorf("leaktest: Baseline(%q): %s does not exist: LEAKTEST=baseline go test %s writes it with the leaks that there are", file, path, names.PackageDir())
		}
	case err != nil:
		return nil, fmt.Errorf("leaktest: Baseline(%q): %w", file, err)
	}
	f, err := Parse(l.shown, string(text))
	if err != nil {
		return nil, fmt.Errorf("leaktest: Baseline(%q): %w", file, err)
	}
	l.entries = f.entries(l.pkg)
	if opened.lists == nil {
		opened.lists = make(map[string]*List)
	}
	opened.lists[id] = l
	return l, nil
}

// ForSuite says that a suite runs all tests, so many times what the flags say, and calls Finish at its
// end.
func (l *List) ForSuite(times int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.suite, l.times = true, int64(times)*runs()
}

func (l *List) key(test, print string) key { return key{l.pkg, test, print} }

// record returns the record of a test. l.mu is held.
func (l *List) record(test string) *record {
	r := l.records[test]
	if r == nil {
		r = &record{most: make(map[string]int64), grows: make(map[string]bool), kinds: make(map[string]bool), whole: true}
		l.records[test] = r
	}
	return r
}

// allowed returns how many leaks of a fingerprint a test may have.
func (l *List) allowed(test, print string) (n int64, at placed, listed bool) {
	e, listed := l.entries[l.key(test, print)]
	if e.Count == Any {
		return 1 << 62, e, true
	}
	return e.Count, e, listed
}
