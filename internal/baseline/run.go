package baseline

import (
	"github.com/leakassert/leakassert/internal/fingerprint"
	"github.com/leakassert/leakassert/internal/probe"
)

// A Run is one run of a test. It adds up the leaks of all its checks.
type Run struct {
	list  *List
	test  string
	of    any
	seen  map[string]int64
	grows map[string]bool
	kinds map[string]bool
	spare map[string]int64 // of what no test owns
}

// Run returns the run of the test that t stands for, and whether it has just begun. Then the caller has
// to End it.
func (l *List) Run(t any, test string) (r *Run, begun bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	known := probe.Hashable(t)
	if known && l.runs[t] != nil {
		return l.runs[t], false
	}
	r = &Run{list: l, test: test}
	if known {
		r.of, l.runs[t] = t, r
	}
	return r, true
}

// Judged says that a check has judged all leaks of some kinds.
func (r *Run) Judged(probes []probe.Probe) {
	r.list.mu.Lock()
	defer r.list.mu.Unlock()
	for _, p := range probes {
		set(&r.kinds, p.Kind(), true)
	}
}

func set[V any](m *map[string]V, k string, v V) {
	if *m == nil {
		*m = make(map[string]V)
	}
	(*m)[k] = v
}

// New returns the leaks of a test that are not known, and the lines that the file would need for them.
// It returns none while the file is written. grows says that counts are by chance.
func (r *Run) New(leaks []probe.Leak, grows bool) (left []probe.Leak, lines []string) {
	if len(leaks) == 0 {
		return nil, nil
	}
	l := r.list
	l.mu.Lock()
	defer l.mu.Unlock()
	tests := make(map[string][]string)
	for _, leak := range leaks {
		for _, p := range fingerprint.Each(leak) {
			tests[p.At] = append(tests[p.At], leak.Tests...)
			set(&r.seen, p.At, r.seen[p.At]+p.N)
			if grows {
				set(&r.grows, p.At, true)
			}
		}
	}
	return l.unknown(leaks, r.test, func(print string) int64 {
		allowed, _, listed := l.allowed(r.test, print)
		if listed && r.grows[print] {
			return 0
		}
		over := r.seen[print] - allowed - r.spare[print]
		if !l.suite { // what tests share is reported by the last of them to end
			for _, test := range tests[print] {
				if theirs, _, listed := l.allowed(test, print); listed && test != r.test {
					over -= theirs
				}
			}
		}
		if over <= 0 || !l.suite {
			return max(over, 0)
		}
		// What no test owns for certain may be a test's in another run.
		if all, _, _ := l.allowed(NoTest, print); over <= all*l.times-l.used[print] || all > 1<<60 {
			l.used[print] += over
			set(&r.spare, print, r.spare[print]+over)
			return 0
		}
		return over
	}, func(print string) (int64, bool) { return r.seen[print], r.grows[print] })
}

// Knows reports whether the file lets all these leaks pass. Leaks that are not explained yet may have
// no place: then it does not know them.
func (r *Run) Knows(leaks []probe.Leak) bool {
	l := r.list
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.mode != Read {
		return false // it counts exactly
	}
	left := make(map[string]int64)
	for _, leak := range leaks {
		if len(leak.Places) == 0 {
			return false
		}
		for _, p := range fingerprint.Each(leak) {
			if _, asked := left[p.At]; !asked {
				allowed, _, _ := l.allowed(r.test, p.At)
				left[p.At] = allowed - r.seen[p.At]
			}
			if left[p.At] -= p.N; left[p.At] < 0 {
				return false
			}
		}
	}
	return true
}

// End ends the run. judged says that the test has run to its end and was judged. Without a suite, End
// returns the lines of the test that are stale, or writes the file.
func (r *Run) End(judged, subtests bool) (stale []string, err error) {
	l := r.list
	l.mu.Lock()
	defer l.mu.Unlock()
	if r.of != nil {
		delete(l.runs, r.of)
	}
	if !l.suite && l.mode == Read {
		delete(l.records, r.test) // this run is judged by itself
	} else if old := l.records[r.test]; !l.suite && old != nil {
		old.whole, old.kinds = true, make(map[string]bool)
	}
	rec := l.record(r.test)
	rec.whole = rec.whole && judged
	rec.subtests = rec.subtests || subtests
	for k := range r.kinds {
		rec.kinds[k] = true
	}
	for print, n := range r.seen {
		rec.most[print] = max(rec.most[print], n-r.spare[print])
		rec.grows[print] = rec.grows[print] || r.grows[print]
	}
	if l.suite {
		return nil, nil
	}
	return l.finish(conditions(), func(test string) bool { return test == r.test })
}
