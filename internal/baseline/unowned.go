package baseline

import (
	"slices"

	"github.com/leakassert/leakassert/internal/fingerprint"
	"github.com/leakassert/leakassert/internal/probe"
)

// Unowned is New for what no test owns, at the end of a suite that watches some kinds. An entry of one of the tests that may
// own a leak stands for it, too.
func (l *List) Unowned(leaks []probe.Leak, watched []probe.Probe) (left []probe.Leak, lines []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	seen, tests := make(map[string]int64), make(map[string][]string)
	for _, leak := range leaks {
		for _, p := range fingerprint.Each(leak) {
			seen[p.At] += p.N
			tests[p.At] = append(tests[p.At], leak.Tests...)
		}
	}
	rec := l.record(NoTest)
	for _, p := range watched {
		rec.kinds[p.Kind()] = true
	}
	left, lines = l.unknown(leaks, NoTest, func(print string) int64 {
		allowed, _, _ := l.allowed(NoTest, print)
		if allowed <= 1<<60 {
			allowed = allowed*l.times - l.used[print]
		}
		over := seen[print] - allowed
		for _, test := range slices.Compact(slices.Sorted(slices.Values(tests[print]))) {
			theirs, _, listed := l.allowed(test, print)
			if !listed || over <= 0 {
				continue
			}
			own := l.record(test)
			if spare := min(theirs-own.most[print], over); spare > 0 {
				own.most[print] += spare
				over -= spare
				seen[print] -= spare
			}
		}
		rec.most[print] = max(rec.most[print], seen[print])
		return max(over, 0)
	}, func(print string) (int64, bool) { return l.each(seen[print]), false })
	return left, lines
}

// each returns how many of n leaks there are in each run of the suite.
func (l *List) each(n int64) int64 { return (n + l.times - 1) / l.times }

// Grown returns what grows with each run of the suite and is not known, of any test.
func (l *List) Grown(leaks []probe.Leak) (left []probe.Leak, lines []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.followed = true
	known := make(map[string]bool)
	for k := range l.entries {
		known[k.print] = true
	}
	for _, r := range l.records { // this is what the file is to have
		for print := range r.most {
			known[print] = known[print] || l.mode != Read
		}
	}
	rec := l.record(NoTest)
	left = slices.Clone(leaks)
	left = slices.DeleteFunc(left, func(leak probe.Leak) bool {
		isKnown := true
		for _, p := range fingerprint.Each(leak) {
			_, ofNoTest := l.entries[l.key(NoTest, p.At)]
			if isKnown = isKnown && known[p.At]; ofNoTest || !known[p.At] {
				rec.grows[p.At] = true
				rec.most[p.At] = max(rec.most[p.At], 1)
			}
			if !known[p.At] {
				lines = append(lines, l.line(NoTest, p.At, 1, true))
			}
		}
		return isKnown
	})
	if l.mode != Read || len(lines) == 0 {
		return nil, nil
	}
	return left, l.advice(lines)
}
