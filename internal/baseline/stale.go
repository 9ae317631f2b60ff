package baseline

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/leakassert/leakassert/internal/names"
)

// Finish ends a suite. It returns the lines that are stale, and lines of what could not be judged; or
// writes the file, and returns nothing.
func (l *List) Finish() (stale, notes []string, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := conditions()
	stale, err = l.finish(c, func(string) bool { return true })
	if l.mode != Read || c.Narrowed || c.Less {
		return stale, nil, err
	}
	for _, e := range l.inOrder() {
		if e.Test == NoTest && e.Count != Any && l.seen(e.Entry) == 0 && !l.allWhole() {
			notes = append(notes, fmt.Sprintf("%s:%d: not seen in this run, in which not all tests have run to their end: %s", l.shown, e.line, e.Fingerprint))
		} else if l.records[e.Test] == nil {
			notes = append(notes, fmt.Sprintf("%s:%d: no check of %s has run: delete the line if there is no such test", l.shown, e.line, e.Test))
		}
	}
	return stale, notes, err
}

func (l *List) allWhole() bool {
	for _, r := range l.records {
		if !r.whole {
			return false
		}
	}
	return true
}

func (l *List) inOrder() []placed {
	return slices.SortedFunc(maps.Values(l.entries), func(a, b placed) int { return cmp.Compare(a.line, b.line) })
}

// judged reports whether a leak would have been seen if it still occurred.
func (l *List) judged(e Entry, c circumstances) bool {
	r := l.records[e.Test]
	switch {
	case r == nil || !r.whole || c.Less:
		return false
	case e.Test == NoTest && (c.Narrowed || !l.allWhole()):
		return false
	case e.Test == NoTest && e.Count == Any && !l.followed: // it grows with LEAKTEST=repeat
		return false
	case r.subtests && c.Partly:
		return false
	}
	for kind := range r.kinds {
		if strings.HasPrefix(e.Fingerprint, kind+" ") {
			return true
		}
	}
	return false
}

// seen returns the most leaks of an entry that a run has had.
func (l *List) seen(e Entry) int64 {
	n := int64(0)
	if r := l.records[e.Test]; r != nil {
		n = r.most[e.Fingerprint]
	}
	if e.Test == NoTest {
		n = l.each(n + l.used[e.Fingerprint])
	}
	return n
}

// finish tells which entries of some tests are stale, or writes the file.
func (l *List) finish(c circumstances, of func(test string) bool) (stale []string, err error) {
	if l.mode != Read {
		return nil, l.write(c, of)
	}
	for _, e := range l.inOrder() {
		if of(e.Test) && l.judged(e.Entry, c) && l.seen(e.Entry) == 0 {
			hint := ""
			if l.records[e.Test].subtests {
				hint = " (a subtest that may be skipped needs a Check of its own)"
			}
			stale = append(stale, fmt.Sprintf("%s:%d: %s does not leak this any more: %s%s", l.shown, e.line, whose(e.Test), e.Fingerprint, hint))
		}
	}
	if n := len(stale); n > 0 {
		line := "line"
		if n > 1 {
			line = "lines"
		}
		stale = append(stale, "Delete the "+line+", or run LEAKTEST=baseline go test "+names.PackageDir())
	}
	return stale, nil
}

func whose(test string) string {
	if test == NoTest {
		return "the package"
	}
	return test
}
