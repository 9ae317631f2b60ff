package goroutine

import (
	"os"
	"strings"
)

const (
	godebug   = "GODEBUG"
	labelsKey = "tracebacklabels"
	labelsOn  = labelsKey + "=1"
)

// withLabels calls f with pprof labels in stack text switched on.
//
// The runtime reads the switch from GODEBUG, at once whenever the variable is
// set, and every other setting of it (a test's t.Setenv) switches it off again:
// hence around each dump and not once. The user's settings stay in force, and
// what was there is put back, unless somebody else has changed it meanwhile:
// then theirs stays. A change that falls between that look and the putting
// back is lost; the environment has no compare-and-swap.
//
// A child process started just then inherits the setting. It does no harm there.
func withLabels(f func()) {
	old, was := os.LookupEnv(godebug)
	if labelsInEffect(old) {
		f()
		return
	}
	set := labelsOn
	if old != "" {
		set = old + "," + labelsOn // of settings given twice the last counts
	}
	if os.Setenv(godebug, set) != nil {
		f() // stacks without labels are better than none
		return
	}
	defer func() {
		if now, _ := os.LookupEnv(godebug); now != set {
			return
		}
		if was {
			_ = os.Setenv(godebug, old)
		} else {
			_ = os.Unsetenv(godebug)
		}
	}()
	f()
}

// labelsInEffect tells whether the last setting of the switch turns it on.
// Go 1.27 also has it on by default, for main modules with go 1.27 or later,
// but that cannot be asked for.
func labelsInEffect(settings string) bool {
	on := false
	for field := range strings.SplitSeq(settings, ",") {
		if key, value, _ := strings.Cut(field, "="); key == labelsKey {
			on = value == "1"
		}
	}
	return on
}
