package probe

import (
	"slices"
	"strings"
)

// isKnown reports whether a process-wide leak was reported or let pass since c
// began. What was before is in c's snapshot, and if it has been closed and is
// there again, it is c's.
func (r *registry) isKnown(c *Check, l Leak) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	at, known := r.known[l.key()]
	return known && at >= c.begin
}

// claim leaves of c's leaks those that are not known, which from now on are: of
// two checks that judge at the same time one gets each.
func (r *registry) claim(c *Check, leaks []Leak) []Leak {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.DeleteFunc(leaks, func(l Leak) bool {
		at, known := r.known[l.key()]
		known = known && at >= c.begin
		if !known && l.ID != "" {
			r.known[l.key()] = r.clock
		}
		return known
	})
}

func (r *registry) know(leaks []Leak) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, l := range leaks {
		if l.ID != "" {
			r.known[l.key()] = r.clock
		}
	}
}

// KnowTest says that a test of the name exists.
func KnowTest(name string) {
	checks.mu.Lock()
	defer checks.mu.Unlock()
	checks.knowTest(name)
}

// knowTest takes note of the functions in a test's name: the test, and the
// methods of a suite.
func (r *registry) knowTest(name string) {
	for function := range strings.SplitSeq(name, "/") {
		if !strings.HasPrefix(function, "Test") && !strings.HasPrefix(function, "Fuzz") &&
			!strings.HasPrefix(function, "Benchmark") && !strings.HasPrefix(function, "Example") {
			continue
		}
		if _, known := r.tests[function]; !known {
			if r.tests == nil {
				r.tests = make(map[string]struct{})
			}
			r.tests[function] = struct{}{}
		}
	}
}

// KnownTest reports whether a function is known to be a test.
func KnownTest(function string) bool {
	checks.mu.Lock()
	defer checks.mu.Unlock()
	_, known := checks.tests[function]
	return known
}
