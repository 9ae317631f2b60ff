package bench

import "testing"

// The bodies, see the package.
const (
	Empty     = "empty"
	Goroutine = "goroutine"
	Leaks     = "leaks"
	Test      = "test"
	Small     = "small"
	JSON      = "json"
	Hash      = "hash"
	GetPut    = "get-put"
	History   = "history"
	Recorded  = "recorded"
	Duel      = "duel"
)

// The checkers and floors.
const (
	Floor     = "floor"
	Floor2GC  = "floor-2GC" // with two garbage collections after the body
	Rounds    = "rounds"    // the floor of NoGrowth
	NoGrowth  = "NoGrowth"
	Tracked   = "Tracked"
	NoLeak    = "NoLeak"
	NoLeak0s  = "NoLeak-0s" // with a settle time of 0, and
	NoLeak2s  = "NoLeak-2s" // of 2s, the default
	Check     = "Check"
	Default   = "default" // NoLeak without options: goroutines and descriptors
	Goleak    = "goleak"
	Fortytw2  = "fortytw2"
	Gopsutil  = "gopsutil"
	Procfs    = "procfs"
	Testify   = "testify"
	Driver    = "driver" // of maps, ours
	Porcupine = "porcupine"
)

// A Case is one checker, or a floor, on one body.
type Case struct {
	Body string
	By   string
	// Bench measures it among the crowd that is there now. wrong says in what the
	// checker has come to the wrong verdict: then its time means nothing.
	Bench func(*testing.B) (wrong string)
	// Most is the largest size that is measured, and Quick the largest for those
	// who have no minutes to spend; 0 means that there is no limit. Why says why.
	Most, Quick int
	Why         string
}

// goroutineCases are in groups of the same body.
func goroutineCases() []Case {
	var all []Case
	all = append(all, cleanCases(Empty, empty, benchCounter)...)
	all = append(all, cleanCases(Goroutine, goroutine, benchDump)...)
	all = append(all, leakCases()...)
	return append(all, testCases()...)
}

// Name is the case as a part of a benchmark's name.
func (c Case) Name() string { return "body=" + c.Body + "/by=" + c.By }

// Skip is the reason not to measure the case in a crowd of n, or "".
func (c Case) Skip(n int, quick bool) string {
	switch {
	case c.Most > 0 && n > c.Most, quick && c.Quick > 0 && n > c.Quick:
		return "not measured: " + c.Why
	}
	return ""
}
