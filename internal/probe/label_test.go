package probe_test

import (
	"runtime"
	"testing"

	"github.com/leakassert/leakassert/internal/faketb"
	"github.com/leakassert/leakassert/internal/goroutine"
	"github.com/leakassert/leakassert/internal/probe"
	"github.com/stretchr/testify/assert"
)

// inherited is the label of a goroutine that the calling one starts.
func inherited() (label string) {
	started, stop := make(chan uint64), make(chan struct{})
	go func() {
		var buf [64]byte
		for r := range goroutine.Records(buf[:runtime.Stack(buf[:], false)]) {
			started <- r.ID()
		}
		<-stop
	}()
	id := <-started
	defer close(stop)
	goroutine.Dump(func(text []byte) {
		for r := range goroutine.Records(text) {
			if r.ID() == id {
				label, _ = r.Label(probe.LabelKey)
			}
		}
	})
	return label
}

func TestGoroutinesInheritTheLabelOfTheirCheck(t *testing.T) {
	tb := faketb.New("T")
	begin := func(s probe.Scope) *probe.Check {
		s.Test = "T"
		return probe.Begin(tb, s, probe.Config{})
	}
	assert.Empty(t, inherited())
	outer := begin(probe.Scope{})
	assert.Equal(t, outer.Scope.Label(), inherited())

	for end, f := range map[string]func(*probe.Check){
		"End":     func(c *probe.Check) { c.End() },
		"Drop":    func(c *probe.Check) { c.Drop() },
		"Abandon": (*probe.Check).Abandon,
	} {
		inner := begin(probe.Scope{})
		assert.NotEqual(t, outer.Scope.Label(), inner.Scope.Label())
		assert.Equal(t, inner.Scope.Label(), inherited())
		f(inner)
		assert.Equal(t, outer.Scope.Label(), inherited(), "after %s", end)
	}

	borrower := begin(probe.Scope{Borrows: true})
	assert.Equal(t, outer.Scope.Label(), inherited(), "what is new belongs to the check around it")
	borrower.End()

	probe.Begin(nil, probe.Scope{Outside: true}, probe.Config{}).Diff()
	assert.Equal(t, outer.Scope.Label(), inherited(), "outside of tests nothing is labelled")

	first, second := begin(probe.Scope{}), begin(probe.Scope{})
	first.End()
	second.End()
	assert.Equal(t, outer.Scope.Label(), inherited(), "not that of first, which has ended")

	outer.End()
	assert.Empty(t, inherited())

	alone := begin(probe.Scope{Borrows: true})
	assert.Equal(t, alone.Scope.Label(), inherited(), "there is no check to borrow from")
	alone.End()
}

func TestLabelOfTheSuite(t *testing.T) {
	suite := probe.Begin(nil, probe.Scope{Suite: true}, probe.Config{})
	assert.Equal(t, suite.Scope.Label(), inherited())
	test := probe.Begin(faketb.New("T"), probe.Scope{Test: "T", Borrows: true}, probe.Config{})
	assert.Equal(t, test.Scope.Label(), inherited(), "a test does not borrow from the suite")
	test.End()
	assert.Equal(t, suite.Scope.Label(), inherited())
	suite.End()
	assert.Empty(t, inherited())
}
