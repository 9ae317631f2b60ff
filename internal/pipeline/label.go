package pipeline

import (
	"github.com/leakassert/leakassert/internal/goroutine"
	"github.com/leakassert/leakassert/internal/probe"
)

// restoreLabel gives the test's goroutine the label of the enclosing check of the same test.
func (c *Check) restoreLabel() {
	if c.Outside {
		return
	}
	if outer := checks.Innermost(c.Outer()); outer != nil {
		outer.Holder.(*Check).labels.Set()
	} else {
		outermost.Set()
	}
}

// outermost holds the labels outside of all checks.
var outermost *goroutine.Labels

// LabelBefore marks the calling goroutine, and those that it will start, as belonging to no check.
// The main goroutine calls it while the process starts. The label then shows what TestMain, or a
// test before its check, has started, and distinguishes it from goroutines that lost their label.
func LabelBefore() {
	outermost = goroutine.Labelled(probe.BeforeLabel)
	outermost.Set()
}

// setLabel gives the calling goroutine the pprof label of the check. Goroutines that it starts
// inherit it. Nothing can read a goroutine's labels, so the caller's own labels are replaced.
func (c *Check) setLabel() {
	c.labels = goroutine.Labelled(c.Scope.Label())
	c.labels.Set()
}
