package probe

import (
	"context"
	"runtime/pprof"
)

// A labelled is a goroutine that carries the pprof label of a check, which the
// goroutines it starts inherit.
//
// There is no way to read a goroutine's labels, so labels of the caller's own
// are replaced; what comes back at the end is the label of the enclosing check
// of the same test.
type labelled struct {
	outer *Check
	on    bool
}

func (l *labelled) set(c *Check) {
	l.outer, l.on = c.outer, true
	setLabel(c.Scope)
}

func (l *labelled) restore() {
	switch {
	case !l.on:
	case l.outer != nil:
		setLabel(l.outer.Scope)
	default:
		pprof.SetGoroutineLabels(context.Background())
	}
	l.on = false
}

func setLabel(s Scope) {
	pprof.SetGoroutineLabels(pprof.WithLabels(context.Background(), pprof.Labels(LabelKey, s.Label())))
}
