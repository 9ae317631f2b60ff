package probe

import (
	"context"
	"runtime/pprof"
	"strconv"
	"strings"
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
	if !l.on {
		return
	}
	if outer := checks.innermost(l.outer); outer != nil {
		setLabel(outer.Scope)
	} else {
		pprof.SetGoroutineLabels(outermost)
	}
	l.on = false
}

// BeforeLabel is the value of the label on goroutines that no check has started.
const BeforeLabel = "before"

// outermost are the labels outside of all checks.
var outermost = context.Background()

// LabelBefore marks the calling goroutine, and with it what it will start, as
// not of any check. Called while the process starts, by the main goroutine, it
// tells what TestMain or a test before its check has started, and whatever that
// starts in turn, from what has lost its label.
func LabelBefore() {
	outermost = pprof.WithLabels(context.Background(), pprof.Labels(LabelKey, BeforeLabel))
	pprof.SetGoroutineLabels(outermost)
}

func setLabel(s Scope) {
	pprof.SetGoroutineLabels(pprof.WithLabels(context.Background(), pprof.Labels(LabelKey, s.Label())))
}

// LabelKey is the pprof label under which a check marks its goroutines.
const LabelKey = "leaktest"

// Label is the value of the scope's pprof label: the test's name, for the
// reader of a profile, and a number that makes it unique. Outside of tests it
// is "".
func (s Scope) Label() string { return s.label }

// ScopeOfLabel is the scope that a label value names; 0 when it names none.
func ScopeOfLabel(value string) uint64 {
	i := strings.LastIndex(value, " #")
	if i < 0 {
		return 0
	}
	id, err := strconv.ParseUint(value[i+2:], 10, 64)
	if err != nil {
		return 0
	}
	return id
}
