package goroutine_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/leakassert/leakassert/internal/goroutine"
)

// godebug is the variable as the environment has it.
type godebug struct {
	value string
	set   bool
}

func readGODEBUG() (g godebug) {
	g.value, g.set = os.LookupEnv("GODEBUG")
	return g
}

func (g godebug) write(t *testing.T) {
	t.Helper()
	t.Setenv("GODEBUG", g.value) // also puts back what was there when the test ends
	if !g.set {
		assert.NoError(t, os.Unsetenv("GODEBUG"))
	}
}

var settings = []struct {
	why    string
	before godebug
	during string
}{
	{"unset", godebug{}, "tracebacklabels=1"},
	{"set, but empty", godebug{"", true}, "tracebacklabels=1"},
	{"the user's own settings stay in force", godebug{"panicnil=1,gotypesalias=0", true}, "panicnil=1,gotypesalias=0,tracebacklabels=1"},
	{"switched off by the user", godebug{"tracebacklabels=0", true}, "tracebacklabels=0,tracebacklabels=1"},
	{"in effect already", godebug{"tracebacklabels=1,panicnil=1", true}, "tracebacklabels=1,panicnil=1"},
	{"on, then off", godebug{"tracebacklabels=1,tracebacklabels=0", true}, "tracebacklabels=1,tracebacklabels=0,tracebacklabels=1"},
	{"off, then on", godebug{"tracebacklabels=0,tracebacklabels=1", true}, "tracebacklabels=0,tracebacklabels=1"},
	{"no such value", godebug{"tracebacklabels=yes", true}, "tracebacklabels=yes,tracebacklabels=1"},
}

func TestDumpRestoresGODEBUG(t *testing.T) {
	park(t, 1, "TestDumpRestoresGODEBUG")
	for _, tt := range settings {
		t.Run(tt.why, func(t *testing.T) {
			tt.before.write(t)
			goroutine.Dump(func([]byte) {
				assert.Equal(t, tt.before, readGODEBUG(), "when f is called")
			})
			assert.Len(t, labelled(t, "TestDumpRestoresGODEBUG"), 1)
			assert.Equal(t, tt.before, readGODEBUG(), "afterwards")
		})
	}
}

// Nobody can be made to change GODEBUG just while Dump reads the stacks, so
// this asks the part of Dump that cares.
func TestWithLabels(t *testing.T) {
	for _, tt := range settings {
		t.Run(tt.why, func(t *testing.T) {
			tt.before.write(t)
			goroutine.WithLabels(func() {
				assert.Equal(t, godebug{tt.during, true}, readGODEBUG())
			})
			assert.Equal(t, tt.before, readGODEBUG())
		})
		for _, theirs := range []godebug{{"panicnil=0", true}, {"", true}, {}} {
			t.Run(tt.why+", changed meanwhile to "+theirs.value, func(t *testing.T) {
				tt.before.write(t)
				goroutine.WithLabels(func() { theirs.write(t) })
				assert.Equal(t, theirs, readGODEBUG(), "what somebody else has set stays")
			})
		}
	}
}
