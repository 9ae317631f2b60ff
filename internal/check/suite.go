package check

import (
	"sync/atomic"

	"github.com/leakassert/leakassert/internal/probe"
)

// A Suite is the run of a package's tests; it reports what no test owns.
type Suite interface{ Add([]probe.Leak) }

var suite atomic.Pointer[Suite]

// During makes s the suite that is under way until the returned function is called.
func During(s Suite) (end func()) {
	suite.Store(&s)
	return func() { suite.Store(nil) }
}
