package memassert_test

import (
	"runtime"
	"testing"

	"github.com/leakassert/leakassert/memassert"
)

// The testing package keeps parallel subtests until their parent is over, with the cleanups that
// have run and all that these refer to. None of it is the parent's.
func TestCheckOfParallelSubtests(t *testing.T) {
	memassert.Check(t, soon)
	for _, name := range []string{"a", "b"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSession(name)
			t.Cleanup(func() { runtime.KeepAlive(s) })
			t.Run("inner", func(t *testing.T) {
				t.Parallel()
				s := newSession(name)
				t.Cleanup(func() { runtime.KeepAlive(s) })
			})
		})
	}
}
