package properties

import (
	"testing"

	"github.com/leakassert/leakassert/internal/compat/frameworks"
	"github.com/leakassert/leakassert/leaktest"
	"pgregory.net/rapid"
)

func TestClean(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 9).Draw(t, "n")
		leaktest.NoLeak(t, func() { _ = make([]int, n) })
	})
}

func TestProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 9).Draw(t, "n")
		leaktest.NoLeak(t, func() {
			if n > 5 {
				frameworks.Leak()
			}
		})
	})
}
