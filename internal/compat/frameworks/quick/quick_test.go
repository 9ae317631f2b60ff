package quick

import (
	"testing"

	"github.com/frankban/quicktest"
	"github.com/leakassert/leakassert/internal/compat/frameworks"
	"github.com/leakassert/leakassert/leaktest"
)

func TestClean(t *testing.T) { leaktest.Check(quicktest.New(t)) }

func TestLeaks(t *testing.T) {
	quicktest.New(t).Run("inside", func(c *quicktest.C) {
		leaktest.Check(c)
		frameworks.Leak()
	})
}
