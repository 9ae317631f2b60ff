package suite

import (
	"testing"

	"github.com/leakassert/leakassert/internal/compat/frameworks"
	"github.com/leakassert/leakassert/leaktest"
	"github.com/stretchr/testify/suite"
)

type leaks struct{ suite.Suite }

func (s *leaks) SetupTest() { leaktest.Check(s.T()) }
func (s *leaks) TestClean() {}
func (s *leaks) TestLeaks() { frameworks.Leak() }

func TestSuite(t *testing.T) { suite.Run(t, new(leaks)) }
