package pipeline_test

import (
	"runtime"
	"testing"

	"github.com/leakassert/leakassert/internal/faketb"
	"github.com/leakassert/leakassert/internal/goroutine"
	"github.com/leakassert/leakassert/internal/pipeline"
	"github.com/leakassert/leakassert/internal/plan"
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
	goroutine.Dump(func(stacks *goroutine.Stacks) {
		for r := range stacks.All() {
			if r.ID() == id {
				label = r.Label()
			}
		}
	})
	return label
}

func TestGoroutinesInheritTheLabelOfTheirCheck(t *testing.T) {
	tb := faketb.New("T")
	begin := func(s probe.Scope) *pipeline.Check {
		s.Test = "T"
		return pipeline.Begin(tb, s, &plan.Config{})
	}
	assert.Empty(t, inherited())
	outer := begin(probe.Scope{})
	assert.Equal(t, outer.Scope.Label(), inherited())

	for end, f := range map[string]func(*pipeline.Check){
		"End":     func(c *pipeline.Check) { c.Finish(pipeline.Returned) },
		"Drop":    func(c *pipeline.Check) { c.Finish(pipeline.NoVerdict) },
		"Abandon": func(c *pipeline.Check) { c.Finish(pipeline.Abandoned) },
	} {
		inner := begin(probe.Scope{})
		assert.NotEqual(t, outer.Scope.Label(), inner.Scope.Label())
		assert.Equal(t, inner.Scope.Label(), inherited())
		f(inner)
		assert.Equal(t, outer.Scope.Label(), inherited(), "after %s", end)
	}

	borrower := begin(probe.Scope{Borrows: true})
	assert.Equal(t, outer.Scope.Label(), inherited(), "what is new belongs to the check around it")
	borrower.Finish(pipeline.Returned)

	pipeline.Begin(nil, probe.Scope{Outside: true}, &plan.Config{}).Diff()
	assert.Equal(t, outer.Scope.Label(), inherited(), "outside of tests nothing is labelled")

	first, second := begin(probe.Scope{}), begin(probe.Scope{})
	first.Finish(pipeline.Returned)
	second.Finish(pipeline.Returned)
	assert.Equal(t, outer.Scope.Label(), inherited(), "not that of first, which has ended")

	outer.Finish(pipeline.Returned)
	assert.Empty(t, inherited())

	alone := begin(probe.Scope{Borrows: true})
	assert.Equal(t, alone.Scope.Label(), inherited(), "there is no check to borrow from")
	alone.Finish(pipeline.Returned)
}

func TestLabelOfTheSuite(t *testing.T) {
	suite := pipeline.Begin(nil, probe.Scope{Suite: true}, &plan.Config{})
	assert.Equal(t, suite.Scope.Label(), inherited())
	test := pipeline.Begin(faketb.New("T"), probe.Scope{Test: "T", Borrows: true}, &plan.Config{})
	assert.Equal(t, test.Scope.Label(), inherited(), "a test does not borrow from the suite")
	test.Finish(pipeline.Returned)
	assert.Equal(t, suite.Scope.Label(), inherited())
	suite.Finish(pipeline.Returned)
	assert.Empty(t, inherited())
}
