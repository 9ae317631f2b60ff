package mapexplore

import (
	"fmt"

	"github.com/leakassert/leakassert/internal/mapdrive"
)

// longSetup is how many operations of a setup the report explains.
const longSetup = 8

// edge says what a long setup is for, if a worker's operation then takes many times the steps of those before
// it: it may be the one that makes a table larger or smaller. Otherwise it returns "".
func (f *Found) edge(names mapdrive.Namer) string {
	s, marks := f.Failure.Scenario, f.Execution.Marks
	if len(s.Setup) < longSetup || len(marks) == 0 {
		return ""
	}
	each := max(1, (marks[0].Step+len(s.Setup)/2)/len(s.Setup))
	for _, m := range marks {
		if m.End && m.Task >= 0 && m.Task < len(s.Workers) && m.Op < len(s.Workers[m.Task]) && m.Steps > mapdrive.MuchLonger*each {
			return fmt.Sprintf("after %d operations of about %s each, %s takes %s: it may make a table larger or smaller\n",
				len(s.Setup), points(each), s.Workers[m.Task][m.Op].Spell(names), points(m.Steps))
		}
	}
	return ""
}

func points(n int) string {
	if n == 1 {
		return "1 step"
	}
	return fmt.Sprintf("%d steps", n)
}
