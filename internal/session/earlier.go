package session

import (
	"slices"
	"sync"
	"time"

	"github.com/leakassert/leakassert/internal/goprobe"
	"github.com/leakassert/leakassert/internal/pipeline"
	"github.com/leakassert/leakassert/internal/probe"
)

// lookLater looks at leaked goroutines again when the cleanups have run that were registered before
// the check. If they end some, the check was called too late in the test, and the log says so.
func (s *Session) lookLater(found []pipeline.Attributed) {
	if len(found) == 0 || !s.T.Failed() { // as in a passing check
		return
	}
	list, mu := cleanups(s.T), Field[sync.RWMutex](s.T, "testing", "mu")
	if list == nil || mu == nil {
		return
	}
	var leaks []probe.Leak
	for _, a := range found {
		leaks = append(leaks, a.Leak)
	}
	alive := goprobe.Alive(leaks)
	if len(alive) == 0 {
		return
	}
	mu.Lock()
	defer mu.Unlock()
	if len(*list) == 0 {
		return
	}
	*list = slices.Insert(*list, 0, func() { // what stands first runs last
		s.T.Helper()
		var left []probe.Leak
		probe.Settle(100*time.Millisecond, func() bool {
			left = goprobe.Alive(alive)
			return len(left) > 0
		})
		if ended := len(alive) - len(left); ended > 0 {
			s.T.Logf("usual cause: %d of the %d goroutines ended with the cleanups that were registered before the check: call it first in the test", ended, len(alive))
		}
	})
}
