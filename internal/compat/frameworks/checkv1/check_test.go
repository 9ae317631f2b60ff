// Package checkv1 uses gocheck, whose C is no testing.TB: Main checks the test that runs its suites.
package checkv1

import (
	"testing"

	"github.com/leakassert/leakassert/internal/compat/frameworks"
	"github.com/leakassert/leakassert/leaktest"
	"gopkg.in/check.v1"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

func Test(t *testing.T) { check.TestingT(t) }

type leaks struct{}

var _ = check.Suite(leaks{})

func (leaks) TestClean(*check.C) {}
func (leaks) TestLeaks(*check.C) { frameworks.Leak() }
