package machine

import (
	"fmt"
	"strconv"
	"sync"
	"testing"

	"github.com/leakassert/leakassert/internal/probe"
	"github.com/leakassert/leakassert/leaktest/finding"
)

// mostAttributed is how many findings of a test have attributes.
const mostAttributed = 20

// attributed counts the findings of each test that have attributes.
var attributed = struct {
	sync.Mutex
	tests map[any]int
}{tests: make(map[any]int)}

// attribute sets attributes of a test whose T has the method: leak.kind, leak.site and
// leak.fingerprint for its first finding, leak.2.kind and so on for the others, and leak.count.
// testing.T refuses values with newlines.
func attribute(t any, found []finding.Finding) {
	to, ok := t.(interface{ Attr(key, value string) })
	if !ok {
		return
	}
	n := counted(t, len(found))
	for i, f := range found {
		number := n + i + 1
		if number > mostAttributed {
			break
		}
		prefix := "leak."
		if number > 1 {
			prefix = fmt.Sprintf("leak.%d.", number)
		}
		for _, a := range [][2]string{{"kind", f.Kind}, {"site", f.Site()}, {"fingerprint", f.Fingerprint}} {
			if value := clip(oneLine(a[1])); value != "" {
				to.Attr(prefix+a[0], value)
			}
		}
	}
	to.Attr("leak.count", strconv.Itoa(n+len(found)))
}

// counted adds more findings to those of a test, and returns how many there were. It forgets a test of
// package testing when that ends. Other frameworks may not allow a cleanup while a check judges.
func counted(t any, more int) (before int) {
	if !probe.Hashable(t) {
		return 0
	}
	attributed.Lock()
	before, known := attributed.tests[t]
	attributed.tests[t] = before + more
	attributed.Unlock()
	forget := func() {
		attributed.Lock()
		delete(attributed.tests, t)
		attributed.Unlock()
	}
	if known {
		return before
	}
	switch t := t.(type) {
	case *testing.T:
		t.Cleanup(forget)
	case *testing.B:
		t.Cleanup(forget)
	case *testing.F:
		t.Cleanup(forget)
	}
	return 0
}
