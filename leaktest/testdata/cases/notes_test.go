package cases

import (
	"testing"

	"github.com/leakassert/leakassert/leaktest"
)

// blind is a probe that finds nothing, and says so.
type blind struct{}

func (blind) Kind() string                                  { return "child" }
func (blind) Start(leaktest.Scope) (leaktest.Watch, error)  { return blind{}, nil }
func (blind) Grown() ([]leaktest.Leak, error)               { return nil, nil }
func (blind) Explain(leaks []leaktest.Leak) []leaktest.Leak { return leaks }
func (blind) Notes() []string                               { return []string{"child: no \x1b[31mpermission"} }
func (blind) Stop()                                         {}

func TestBlind1(t *testing.T) { checkBlind(t) }
func TestBlind2(t *testing.T) { checkBlind(t) }

func checkBlind(t *testing.T) {
	if on("blind") {
		leaktest.Check(t, leaktest.With(blind{}))
	}
}
