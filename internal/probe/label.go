package probe

import (
	"slices"
	"strconv"
	"strings"

	"github.com/leakassert/leakassert/internal/goroutine"
)

// BeforeLabel is the value of the label on goroutines that no check has started.
const BeforeLabel = goroutine.BeforeLabel

// LabelKey is the pprof label under which a check marks its goroutines.
const LabelKey = goroutine.LabelKey

// Label returns the value of the scope's pprof label: the test's name, for readers of a profile,
// and a unique number. Outside of tests it is "".
func (s Scope) Label() string { return s.label }

// SetLabel sets the value of the scope's pprof label.
func (s *Scope) SetLabel(label string) { s.label = label }

// ScopeOfLabel returns the scope that a label names, 0 if it names none.
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

// Names reports whether a test function belongs to the scope's test: it is the test itself, or
// around or inside it.
func (s Scope) Names(function string) bool {
	return slices.Contains(strings.Split(s.Test, "/"), function)
}
