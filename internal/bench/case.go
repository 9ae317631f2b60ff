package bench

import "testing"

// Sizes are the numbers of parked goroutines. Take them in this order: the
// runtime never frees a goroutine's descriptor, and dumps walk over all of them,
// so that after 100 000 goroutines a dump of ten takes as long as one of some
// thousands.
var Sizes = []int{0, 100, 1_000, 10_000, 100_000}

// The bodies, see the package.
const (
	Empty     = "empty"
	Goroutine = "goroutine"
	Leaks     = "leaks"
	Test      = "test"
)

// The checkers and floors.
const (
	Floor    = "floor"
	NoLeak   = "NoLeak"
	NoLeak0s = "NoLeak-0s" // with a settle time of 0, and
	NoLeak2s = "NoLeak-2s" // of 2s, the default
	Check    = "Check"
	Goleak   = "goleak"
	Fortytw2 = "fortytw2"
)

// A Case is one checker, or a floor, on one body.
type Case struct {
	Body string
	By   string
	// Bench measures it among the goroutines that are parked now. wrong says in
	// what the checker has come to the wrong verdict: then its time means nothing.
	Bench func(*testing.B) (wrong string)
	// Most is the largest size that is measured, and Quick the largest for those
	// who have no minutes to spend; 0 means that there is no limit. Why says why.
	Most, Quick int
	Why         string
}

// Cases are all of them, in groups of the same body.
func Cases() []Case {
	var all []Case
	all = append(all, cleanCases(Empty, empty, benchCounter)...)
	all = append(all, cleanCases(Goroutine, goroutine, benchDump)...)
	all = append(all, leakCases()...)
	return append(all, testCases()...)
}

// Name is the case as a part of a benchmark's name.
func (c Case) Name() string { return "body=" + c.Body + "/by=" + c.By }

// Skip is the reason not to measure the case among n goroutines, or "".
func (c Case) Skip(n int, quick bool) string {
	switch {
	case c.Most > 0 && n > c.Most, quick && c.Quick > 0 && n > c.Quick:
		return "not measured: " + c.Why
	}
	return ""
}
