package probe

import "time"

// Findings is what a check has to say when it ends.
type Findings struct {
	// Leaks are the test's own: made under its label, or in its window alone,
	// or their evidence names it.
	Leaks []Leak
	// Shared are process-wide leaks of a window of several tests, whose names
	// are in Leak.Tests.
	Shared []Leak
	// Elsewhere are leaks that came to light now, and whose evidence names only
	// other tests.
	Elsewhere []Leak
	// Verdict is what the report says in place of how much was leaked.
	Verdict string
	// Void means that the test is beyond a verdict.
	Void bool
	// Notes say, a line each, what could not be seen.
	Notes []string
	// Settled is the time spent waiting in vain; 0 when nothing was waited for.
	Settled time.Duration
}

func (f *Findings) group(kinds []string) {
	f.Leaks = Group(f.Leaks, kinds)
	f.Shared = Group(f.Shared, kinds)
	f.Elsewhere = Group(f.Elsewhere, kinds)
}
