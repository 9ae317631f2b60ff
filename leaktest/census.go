package leaktest

import (
	"bytes"
	"slices"
	"strings"

	"github.com/leakassert/leakassert/internal/goroutine"
	"github.com/leakassert/leakassert/internal/probe"
	"github.com/leakassert/leakassert/internal/report"
)

// A census is one dump of all goroutines, sorted by whose they are. It is valid
// while its dump is.
type census struct {
	self uint64   // the goroutine that looks
	ids  []uint64 // all of them, sorted
	text []byte
	// labelled are those that carry the label of a check, but those that run a
	// test; loose are those without any.
	labelled map[string][]goroutine.Record
	loose    []goroutine.Record
	runners  int
}

// dump takes a census and remembers who was there.
func dump(f func(*census)) {
	created, live, counted := goroutine.Counts()
	goroutine.Dump(func(text []byte) {
		d := &census{text: text, ids: make([]uint64, 0, live+live/16+16)}
		for r := range goroutine.Records(text) {
			d.add(r)
		}
		slices.Sort(d.ids)
		if counted {
			remembered.know(created, d)
		}
		f(d)
	})
}

var (
	// By their creators: the main goroutine calls testing.tRunner as well.
	byRun  = []byte("\ncreated by testing.(*T).Run ")
	byFuzz = []byte("\ncreated by testing.(*F).Fuzz.")
)

func (d *census) add(r goroutine.Record) {
	if d.self == 0 {
		d.self = r.ID() // the caller's comes first
	}
	d.ids = append(d.ids, r.ID())
	switch has, before := r.HasLabel(probe.LabelKey, probe.BeforeLabel); {
	case bytes.Contains(r.Text(), byRun), bytes.Contains(r.Text(), byFuzz):
		d.runners++
	case before:
	case has:
		label, _ := r.Label(probe.LabelKey)
		if d.labelled == nil {
			d.labelled = make(map[string][]goroutine.Record)
		}
		d.labelled[label] = append(d.labelled[label], r)
	default:
		d.loose = append(d.loose, r)
	}
}

// claimed are the goroutines that are alive and are the scope's or may be.
//
// Those with its label are. Of those without any check's label, the new ones are
// whose creator is; what pre-existing goroutines or another test's have started
// is theirs; and what nobody alive has started, such as timers' goroutines, has
// escaped.
func (d *census) claimed(s Scope, before baseline) (found []claimedGoroutine) {
	if s.Outside {
		for r := range goroutine.Records(d.text) {
			if !before.has(r.ID()) && r.ID() != d.self {
				if g, err := r.Parse(); err == nil && !ofTesting(g) {
					found = append(found, claimedGoroutine{g, own, nil})
				}
			}
		}
		return found
	}
	for _, r := range d.labelled[s.Label()] {
		if r.ID() == d.self {
			continue
		}
		if g, err := r.Parse(); err == nil && !ofTesting(g) {
			found = append(found, claimedGoroutine{g, own, nil})
		}
	}
	var loose []goroutine.Goroutine
	for _, r := range d.loose {
		if r.ID() == d.self || before.has(r.ID()) {
			continue
		}
		if g, err := r.Parse(); err == nil && !ofTesting(g) {
			loose = append(loose, g)
		}
	}
	if len(loose) == 0 {
		return found
	}
	return append(found, d.sort(loose, s, before)...)
}

// ofTesting reports whether a goroutine is the testing package's own, the fuzzing
// engine's, Ginkgo's, the signal package's or the runtime's; those that run a
// test are among them, what they start is not. Neither is what comes with
// something that is reported by itself.
func ofTesting(g goroutine.Goroutine) bool {
	if len(g.Frames) == 0 {
		return false
	}
	if g.Elided > 0 && report.Package(g.CreatedBy.Func) == "testing" {
		return true // a deep stack, whose outermost frames may be left out
	}
	root := g.Frames[len(g.Frames)-1].Func
	switch pkg := report.Package(root); pkg {
	case "testing", "internal/fuzz", "testing/internal/testdeps":
		return true
	case "runtime/pprof":
		return root == "runtime/pprof.profileWriter" && flagSet("test.cpuprofile")
	case "runtime/trace":
		return flagSet("test.trace")
	case "os/signal":
		return root == "os/signal.loop"
	case "github.com/leakassert/leakassert/internal/poolprobe":
		return root == pkg+".answering" // it asks a pool for its statistics
	case "database/sql":
		// A pool starts it with a connection and keeps it until it is closed;
		// one that is not closed also has a connectionOpener.
		return root == "database/sql.(*DB).connectionCleaner"
	case "runtime":
		// A finalizer's or cleanup's goroutine counts while it runs user code.
		return !slices.ContainsFunc(g.Frames, func(f probe.Frame) bool {
			return report.Package(f.Func) != "runtime"
		})
	default:
		return strings.HasPrefix(pkg, "github.com/onsi/ginkgo/v2/internal/")
	}
}
