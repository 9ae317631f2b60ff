package goprobe

import (
	"iter"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/leakassert/leakassert/internal/goroutine"
	"github.com/leakassert/leakassert/internal/names"
	"github.com/leakassert/leakassert/internal/probe"
)

// A census is one dump of all goroutines, sorted by owner. It is valid as long as its dump is.
type census struct {
	*goroutine.Stacks
	self uint64   // the goroutine that takes the dump
	ids  []uint64 // all ids, sorted
	// byLabel holds the goroutines that run no test. Those without a label are loose.
	byLabel map[string][]goroutine.Record
	runners int // how many goroutines run a test
}

// dump takes a census and remembers which goroutines existed.
func dump(f func(*census)) {
	before := goroutine.Count()
	goroutine.Dump(func(stacks *goroutine.Stacks) {
		d := &census{Stacks: stacks, ids: make([]uint64, 0, before.Live+before.Live/16+16), byLabel: make(map[string][]goroutine.Record)}
		for r := range d.All() {
			if d.ids = append(d.ids, r.ID()); len(d.ids) == 1 {
				d.self = r.ID() // the caller's comes first
			}
			if r.RunsTest() {
				d.runners++
			} else {
				d.byLabel[r.Label()] = append(d.byLabel[r.Label()], r)
			}
		}
		slices.Sort(d.ids)
		if before.Known && !d.CutOff {
			remembered.know(before, d)
		}
		f(d)
	})
}

// claimed returns the goroutines that belong or may belong to the scope. Those with its label do.
// A new one without a check's label belongs to the scope if its creator does. If its creator is
// gone or unknown, as for a timer's goroutine, it has escaped.
func (d *census) claimed(s probe.Scope, before baseline) (found []claimedGoroutine) {
	if s.Outside && before.exact {
		return d.parsed(d.All(), before, own)
	} else if s.Outside {
		return d.parsed(d.All(), before, escaped)
	}
	found = d.parsed(slices.Values(d.byLabel[s.Label()]), baseline{}, own)
	if s.Suite || !s.Runner && before.exact { // Ginkgo runs each part of a spec on a goroutine of its own
		found = append(found, d.orphans(s, before)...)
	}
	found = append(found, d.sort(d.parsed(slices.Values(d.byLabel[""]), before, none), s, before)...)
	return append(found, d.older(s, before, found)...)
}

// orphans returns the goroutines that something started before the check has left since the baseline,
// such as a request's handler or another part of a spec. A server that TestMain keeps also has goroutines
// while a connection lives. So orphans counts only goroutines of the module under test that wait for
// another one, and whose creators are neither in the baseline nor alive. Outside of a suite it also
// counts those that have not come to wait yet: the check looks at them again.
func (d *census) orphans(s probe.Scope, before baseline) []claimedGoroutine {
	found := d.parsed(slices.Values(d.byLabel[probe.BeforeLabel]), before, escaped)
	return slices.DeleteFunc(found, func(g claimedGoroutine) bool {
		_, alive := slices.BinarySearch(d.ids, g.Creator)
		starts := !s.Suite && (g.State == "runnable" || g.State == "running")
		return alive && !d.runsPart(g.Creator) || before.has(g.Creator) || !waitsForOther(g) && !starts || !names.InModule(holder(g.Goroutine))
	})
}

// runsPart reports whether a goroutine runs a part of a Ginkgo spec.
func (d *census) runsPart(id uint64) bool {
	for r := range d.All() {
		if r.ID() == id {
			g, err := r.Parse()
			return err == nil && partOfSpec(g.CreatedBy.Func)
		}
	}
	return false
}

// partOfSpec reports whether a function starts the goroutines of the parts of a Ginkgo spec. Ginkgo goes
// on once a part has returned. Its goroutine may end a moment later, so what it has started is judged as
// if it had ended.
func partOfSpec(creator string) bool {
	return strings.Contains(creator, "/ginkgo/v2/internal.(*Suite).runNode")
}

// parsed returns the records that are not in the baseline. It leaves out the goroutine that takes
// the dump and goroutines that are never a leak.
func (d *census) parsed(records iter.Seq[goroutine.Record], before baseline, c claim) (list []claimedGoroutine) {
	for r := range records {
		if r.ID() == d.self || before.has(r.ID()) {
			continue
		}
		if g, err := r.Parse(); err == nil && !ofTesting(g) {
			list = append(list, claimedGoroutine{Goroutine: g, claim: c, labelled: r.Label() != "", sleep: sleepOf(r)})
		}
	}
	return list
}

// ofTesting reports whether a goroutine is never a leak: it belongs to the testing package (also by
// running a test), the fuzzing engine, Ginkgo, the signal package or the runtime, or to something
// that is reported by itself.
func ofTesting(g goroutine.Goroutine) bool {
	if len(g.Frames) == 0 {
		return false
	}
	if g.Elided > 0 && names.Package(g.CreatedBy.Func) == "testing" {
		return true // a deep stack, perhaps without its outermost frames
	}
	root := g.Frames[len(g.Frames)-1].Func
	switch pkg := names.Package(root); pkg {
	case "testing", "internal/fuzz", "testing/internal/testdeps", names.Module + "internal/aside": // which calls a user's function
		return true
	case "runtime/pprof":
		return root == "runtime/pprof.profileWriter" && probe.FlagSet("test.cpuprofile")
	case "runtime/trace":
		return probe.FlagSet("test.trace")
	case "os/signal":
		return root == "os/signal.loop"
	case "net":
		// A look-up by the C resolver goes on until its own timeout after the context is done.
		return strings.HasPrefix(root, "net.doBlockingWithCtx")
	case "database/sql":
		// A pool starts it with a connection and keeps it until the pool is closed. A pool that is
		// not closed also has a connectionOpener.
		return root == "database/sql.(*DB).connectionCleaner"
	case "runtime":
		// A finalizer's or cleanup's goroutine counts while it runs user code.
		return !slices.ContainsFunc(g.Frames, func(f probe.Frame) bool {
			return names.Package(f.Func) != "runtime"
		})
	default:
		return strings.Contains(pkg, "/ginkgo/v2/internal/") // also of its forks, such as go-redis uses
	}
}

// A claim says how a goroutine relates to a check.
type claim int

const (
	none    claim = iota
	own           // the test certainly started it
	escaped       // it may be the test's, or caused by an earlier test
)

type claimedGoroutine struct {
	goroutine.Goroutine
	claim    claim
	judged   bool     // the claim is decided
	labelled bool     // it has a check's label
	tests    []string // test functions on its stack
	older    bool     // it may have existed before the check
	// needsProof says that it is a leak only if nothing can wake it.
	needsProof bool
	sleep      time.Duration
}

// sort finds out to whom the loose goroutines belong and removes those of others.
func (d *census) sort(loose []claimedGoroutine, s probe.Scope, before baseline) []claimedGoroutine {
	if len(loose) == 0 {
		return nil
	}
	at := make(map[uint64]*claimedGoroutine, len(loose))
	for i := range loose {
		at[loose[i].ID] = &loose[i]
	}
	labels := make(map[uint64]string, len(d.ids)) // of all live goroutines
	for r := range d.All() {
		labels[r.ID()] = r.Label()
	}
	var judge func(g *claimedGoroutine) claim
	judge = func(g *claimedGoroutine) claim {
		if g.judged {
			return g.claim
		}
		g.judged = true
		tests, byTestMain := names.TestsOn(append(g.Frames[:len(g.Frames):len(g.Frames)], g.CreatedBy))
		if !s.Runner {
			tests = names.Known(tests) // see Findings.add
		}
		g.tests = tests
		mine := slices.ContainsFunc(tests, s.Names)
		certain := before.exact || s.FromStart && mine
		label, parentLives := labels[g.Creator]
		switch {
		case byTestMain: // started before the tests: no code of TestMain runs while they do
		case g.Creator != 0 && g.Creator == before.self:
			// It began before the check, or after the test's goroutine had lost the label.
			g.claim, certain = own, certain || s.FromStart
		case at[g.Creator] != nil && partOfSpec(at[g.Creator].CreatedBy.Func):
			g.claim = escaped
		case at[g.Creator] != nil:
			g.claim, certain = judge(at[g.Creator]), true // as new as its creator
		case parentLives:
			if label == s.Label() {
				g.claim, certain = own, true
			}
		case before.has(g.Creator):
		case mine:
			g.claim = own
		default:
			g.claim = escaped
		}
		if g.claim != none && !certain {
			g.claim, g.older = escaped, true
		}
		return g.claim
	}
	for i := range loose {
		judge(&loose[i])
	}
	return slices.DeleteFunc(loose, func(g claimedGoroutine) bool { return g.claim == none })
}

// chains finds chains: stray goroutines of one origin that keep appearing after the test's body has
// returned, such as a timer that sets the next one. Nobody can tell who set the first one.
type chains struct {
	origins, renewing map[string]bool // origins of earlier looks; origins of chains
	seen              map[string]bool // ids
}

// knownChains holds the origins of chains that were found before. Each is reported once.
var knownChains sync.Map

// mark marks strays that belong to a chain and removes those of a known chain.
func (c *chains) mark(found []probe.Leak) (kept []probe.Leak) {
	if c.seen == nil {
		c.origins, c.renewing, c.seen = make(map[string]bool), make(map[string]bool), make(map[string]bool)
	}
	for _, l := range found {
		if l.Stray && c.origins[l.Origin] && !c.seen[l.ID] {
			c.renewing[l.Origin] = true
		}
	}
	for _, l := range found {
		if l.Stray {
			c.origins[l.Origin], c.seen[l.ID] = true, true
		}
		if l.Stray && c.renewing[l.Origin] {
			l.Doubt = "others like it keep starting; an earlier test may have set off the first"
			knownChains.Store(l.Origin, true)
		} else if _, known := knownChains.Load(l.Origin); l.Stray && known {
			continue
		}
		kept = append(kept, l)
	}
	return kept
}
