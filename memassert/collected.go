package memassert

import (
	"github.com/leakassert/leakassert/internal/heapprobe"
	"github.com/leakassert/leakassert/internal/probe"
	"github.com/leakassert/leakassert/internal/session"
	"github.com/leakassert/leakassert/internal/weakwatch"
)

// Collected asserts that the object p points at is garbage when the test has returned and
// the cleanups registered after the call have run: nothing keeps the object, and the
// collector has freed it. Collected finds leaks that do not grow, such as a slot that keeps
// the last object that was in it. Objects of one type that are passed on one line of source
// are one finding: "350 of 400 *task still alive".
//
// Collected keeps only a weak pointer. For objects that can't be watched that way the call is
// an error: objects without pointers that are smaller than 16 bytes, which share a block of
// memory; objects of no size; variables of packages; and fields or elements of a larger
// object, except the first, which are freed with that object.
//
// A variable that is used after the check keeps its object, for example in a cleanup that
// was registered before the call. So does a runtime finalizer or cleanup that refers to the
// object.
//
// The only option is [Settle].
func Collected[T any](t TB, p *T, opts ...Option) {
	if session.Missing(t, collected) {
		return
	}
	t.Helper()
	o, err := weakwatch.NewObject(p)
	if err != nil {
		t.Errorf("%s: %v", collected, err)
		return
	}
	s, err := session.New(t, heapprobe.Plan(heapprobe.Collected, opts))
	switch why := heapprobe.Unusable(); {
	case err != nil:
		t.Errorf("%v", err)
		return
	case why != "":
		t.Errorf("%s: %s", collected, why)
		return
	case s.Off():
		return
	}
	var key any = t
	if !probe.Hashable(t) {
		key = t.Name()
	}
	objects := weakwatch.Add(key, o)
	if objects == nil {
		return
	}
	s.Plan.Probes = []probe.Probe{objects}
	s.ToEnd(collected, func() { weakwatch.Forget(key) })
}

// collected is the name under which the check of a test's watched objects runs.
const collected = name + ".Collected"
