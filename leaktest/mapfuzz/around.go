package mapfuzz

import (
	"fmt"
	"time"

	"github.com/leakassert/leakassert/internal/mapdrive"
)

const (
	// fewOperations is how many operations a scenario may have to be small.
	fewOperations = 12
	// aroundTime is how long a child process looks for a smaller scenario than a large one that fails. To make
	// it as small as possible takes up to 4s more.
	aroundTime = 5 * time.Second
)

// around explores the map in a child process if the scenario of a failure is large. It returns the report of
// a smaller scenario, "" if there is none.
func (r *run) around(f *mapdrive.Failure, call int, packages func() []string) string {
	ops := 0
	if f.Scenario != nil && (f.Rounds > 0 || f.Open()) { // otherwise it is a data race or the memory
		for _, w := range f.Scenario.Workers {
			ops += len(w)
		}
	}
	if ops <= fewOperations {
		return ""
	}
	a, err := inChild(job{Test: r.t.Name(), Call: call, Budget: aroundTime, Seed: r.seed, Around: f.Scenario.Pack(nil)}, packages())
	if err != nil || a.Report == "" || a.Ops == 0 || a.Ops >= ops {
		return "" // what was found is reported as it is
	}
	return a.Report + paragraph(fmt.Sprintf("%d operations failed before this was explored (mode %s): %s; mapfuzz.Seed(%d) and mapfuzz.Workers(%d) make the same choices", ops, f.Mode, f.What, r.seed, r.workers))
}
