package heapprobe

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/leakassert/leakassert/internal/names"
	"github.com/leakassert/leakassert/internal/probe"
)

// condemn traces allocations to find out what grows and where it was allocated. The body is clean
// if all growth can come from what also grows while the body does not run, from what the testing
// package keeps and from ignored sites.
func (g *growth) condemn() (v Verdict) {
	found := traced{blind: blind() != "", times: 1}
	if !found.blind {
		found = g.trace()
	}
	leaks, own, others := g.attribute(found)
	slope := g.slope()
	rest := slope.minus(others)
	// The trace may have had few iterations, so compare rates.
	grows := g.persisting(g.last, own.times(g.last))
	switch {
	case grows && (found.accounted || g.persisting(g.last, rest.times(g.last))):
	case !grows && g.acquits(found, others):
		if found.background {
			v.Notes = append(v.Notes, "heap: it grows also while the body does not run: that is not counted")
		}
		return v
	case !grows && !g.alone && !g.bubble:
		return unjudged("heap: not judged: it grows while another NoGrowth runs, and no place in this body accounts for it")
	case !grows && g.last < usualFirst:
		return unjudged(fmt.Sprintf("heap: not judged: it seems to grow by %s (%s), and no place accounts for it in %s with every allocation recorded; Budget allows more of them",
			slope, times(g.total), times(found.total)))
	case !grows:
		leaks = nil // these sites are not what grows
	}
	if others.objects > slope.objects/4 || others.bytes > slope.bytes/4 { // less is chance
		slope = rest
	}
	if found.accounted { // own is exact, except for what grows in steps
		slope = rate{max(own.objects, slope.objects/2), max(own.bytes, slope.bytes/2)}
	}
	if len(leaks) > 0 {
		told := g.tell(&v, leaks, found)
		all := total(told)
		if v.Leaks = g.Sift(told); len(v.Leaks) == 0 {
			return v // what holds it is ignored
		}
		if left := total(v.Leaks); left != all { // the holder of the rest is ignored
			slope = rate{}
			slope.add(left, float64(found.times))
		}
	}
	v.Settled = g.waited
	each := ", the heap grew in each"
	if slices.ContainsFunc(g.measures[:ofCreep], func(m measure) bool { return m.misses+m.voids > 0 }) {
		each = ""
	}
	v.Grows = fmt.Sprintf("grows by %s (%s in %d rounds%s)", slope, times(g.total), g.rounds, each)
	if len(leaks) == 0 {
		where := "not known: " + blind()
		if !found.blind {
			where = fmt.Sprintf("not found: no place accounts for it in %s with every allocation recorded; a longer Budget looks further", times(found.total))
		}
		v.Leaks = []probe.Leak{{
			Kind: Kind, Unit: "object", Count: int64(math.Ceil(slope.objects * float64(g.last))), Bytes: slope.times(g.last).bytes, Owned: true,
			Growth: slope.growth(g.total),
			Evidence: []probe.Evidence{
				{Label: "grows", Columns: []string{slope.String()}},
				{Label: "allocated", Columns: []string{where}},
			},
		}}
	}
	return v
}

// acquits decides about a body whose own sites do not grow. The body is clean if other sites and
// the background account for all growth, or for all objects: the rest is their container. It is
// also clean if nothing grew over so many iterations that growth in steps would have shown.
func (g *growth) acquits(found traced, others rate) bool {
	slope := g.slope()
	most := func(i int, of, all float64) bool { return !g.persistent(i) || of >= all/2 }
	switch {
	case found.blind:
		return false
	case found.accounted, !g.persisting(g.last, slope.minus(others).times(g.last)):
		return true
	case found.background && most(ofObjects, others.objects, slope.objects) && most(ofBytes, others.bytes, slope.bytes) && most(ofCreep, others.bytes, slope.bytes):
		return true // the background's pace varies
	case g.persistent(ofObjects) && most(ofObjects, others.objects, slope.objects):
		return true
	}
	// A slice of that size grows by a quarter at each step.
	return found.total >= g.total/2 && !g.persisting(found.total, found.rest)
}

// A rate is the growth in each iteration.
type rate struct{ objects, bytes float64 }

func (r *rate) add(a amount, n float64) {
	r.objects += float64(a.objects) / n
	r.bytes += float64(a.bytes) / n
}

func (r rate) minus(o rate) rate { return rate{r.objects - o.objects, r.bytes - o.bytes} }

func (r rate) times(n int) amount {
	return amount{int64(r.objects * float64(n)), int64(r.bytes * float64(n))}
}

func (r rate) growth(iterations int) *probe.Growth {
	return &probe.Growth{PerUnit: r.objects, BytesPerUnit: r.bytes, Units: int64(iterations)}
}

// String leaves out objects if only bytes grow, as when larger objects replace smaller ones, and
// leaves out bytes if only objects grow.
func (r rate) String() string {
	switch {
	case r.bytes < 0.05:
		return fmt.Sprintf("%.2f objects an iteration", r.objects)
	case r.objects >= 0.005:
		return fmt.Sprintf("%.2f objects and %s an iteration", r.objects, names.Size(r.bytes))
	case r.bytes < 10:
		return fmt.Sprintf("%.1f B an iteration", r.bytes)
	}
	return names.Size(r.bytes) + " an iteration"
}

// attribute separates the body's own sites and their growth from the sites that belong to others or
// are ignored.
func (g *growth) attribute(found traced) (leaks []probe.Leak, own, others rate) {
	n := float64(found.times)
	var all []probe.Leak
	for _, s := range found.sites {
		// Goroutines that still run are not remains of ended ones.
		alive := s.owner == ofRuntime && 2*found.goroutines >= found.times
		if s.background || s.owner != nobody && s.owner != ofFirstUse && !alive || g.ofOtherTest(s.Site) {
			others.add(s.amount, n)
			continue
		}
		l := s.leak()
		l.Owned = true
		all = append(all, l)
		others.add(amount{l.N(), l.Bytes}, n) // subtracted below if Sift keeps the leak
	}
	leaks = g.Sift(all)
	for i := range leaks {
		l := &leaks[i]
		a := amount{l.N(), l.Bytes}
		own.add(a, n)
		others.add(amount{}.minus(a), n)
		s := l.Resource.(*Site)
		s.describe(l, g.Trace)
		if s.owner == ofRuntime {
			l.AddEvidence("held by", "goroutines that do not end: leaktest.NoGrowth reports them")
		}
		l.Tests = nil
	}
	return leaks, own, others
}

// tell returns the growing sites as a reader sees them, with what holds their objects.
func (g *growth) tell(v *Verdict, leaks []probe.Leak, found traced) []probe.Leak {
	h, note := holdersOf(leaks, g.Symbols)
	if note != "" {
		v.Notes = append(v.Notes, note)
	}
	n := float64(found.times)
	leaks = h.told(leaks)
	for i := range leaks {
		l := &leaks[i]
		each := rate{float64(l.N()) / n, float64(l.Bytes) / n}
		l.Growth = each.growth(found.times)
		l.Growth.Heap = g.measured
		l.Evidence = append([]probe.Evidence{{Label: "grows", Columns: []string{each.String(), "over " + times(found.times)}}}, l.Evidence...)
	}
	return leaks
}

// ofOtherTest reports whether a site's stack goes through tests, but not through this one.
func (g *growth) ofOtherTest(s *Site) bool {
	tests := s.tests
	if _, real := g.T.(*testing.T); !real { // the name of a fake t is not the test that uses it
		tests = names.Known(tests)
	}
	return len(tests) > 0 && !slices.ContainsFunc(tests, probe.Scope{Test: g.T.Name()}.Names)
}
