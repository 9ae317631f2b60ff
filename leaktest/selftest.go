package leaktest

import (
	"cmp"
	"flag"
	"testing"
)

// replace puts one test in the place of all tests, examples and targets: a selftest plants its leaks at
// the end of the check around it. The test has a cleanup, so that it is judged after it and not before.
func (s *suite) replace(m *testing.M) error {
	tests, err := field[[]testing.InternalTest](m, "tests")
	if err != nil {
		return err
	}
	*tests = []testing.InternalTest{{Name: "TestSelftest", F: func(t *testing.T) { t.Cleanup(func() {}) }}}
	s.plan.Unwrapped, s.env.Repeat = nil, 1
	return cmp.Or(flag.Set("test.run", "^TestSelftest$"), flag.Set("test.skip", ""), flag.Set("test.bench", ""), flag.Set("test.fuzz", ""),
		flag.Set("test.list", ""), flag.Set("test.count", "1"), flag.Set("test.cpu", ""))
}
