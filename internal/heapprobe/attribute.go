package heapprobe

import (
	"fmt"
	"math"
	"slices"

	"github.com/leakassert/leakassert/internal/probe"
	"github.com/leakassert/leakassert/internal/report"
)

// condemn finds out what grows and where it was allocated. What grows also while
// the body does not run, what the testing package keeps and what is to be
// ignored can account for it all: then the body is clean.
func (g *Growth) condemn() (v Verdict) {
	found := traced{blind: blind() != "", times: 1}
	if !found.blind {
		found = g.trace()
	}
	leaks, own, others := g.sift(found)
	objects, bytes := g.slope()
	n := float64(g.last) // few iterations may have been traced: it is the rate that counts
	grows := g.persisting(g.last, amount{int64(own.objects * n), int64(own.bytes * n)})
	switch {
	case grows && (found.accounted || g.without(g.last, others.objects, others.bytes)):
	case !grows && g.acquits(found, others):
		if found.background {
			v.Notes = append(v.Notes, "heap: it grows also while the body does not run: that is not counted")
		}
		return v
	case !grows && !g.alone && !g.bubble:
		v.Notes = append(v.Notes, "heap: not judged: it grows while another body of NoGrowth is run, and no place in this one accounts for it")
		return v
	case !grows:
		leaks = nil // they are not what grows
	}
	if others.objects > objects/4 || others.bytes > bytes/4 { // else it is chance
		objects, bytes = objects-others.objects, bytes-others.bytes
	}
	if found.accounted { // exactly, but for what grows in steps
		objects, bytes = max(own.objects, objects/2), max(own.bytes, bytes/2)
	}
	v.Leaks, v.Settled = leaks, g.limit
	each := ", the heap grew in each"
	if g.measures[0].misses+g.measures[1].misses+g.measures[0].voids+g.measures[1].voids > 0 {
		each = ""
	}
	v.Grows = fmt.Sprintf("grows by %s (%s in %d rounds%s)", perIteration(objects, bytes), times(g.total), g.rounds, each)
	if len(leaks) == 0 {
		where := fmt.Sprintf("not found: no place accounts for it in %s with every allocation recorded; a longer Budget looks further", times(found.total))
		if found.blind {
			where = "not known: " + blind()
		}
		v.Leaks = []probe.Leak{{
			Kind: Kind, Unit: "object", Count: int64(math.Ceil(objects * float64(g.last))), Bytes: int64(bytes * float64(g.last)), Owned: true,
			Evidence: []probe.Evidence{
				{Label: "grows", Columns: []string{perIteration(objects, bytes)}},
				{Label: "allocated", Columns: []string{where}},
			},
		}}
	}
	return v
}

// acquits reports whether a body no place of which grows is clean: if what others
// and the background account for is all, or all objects, whose container the rest
// is; or if nothing has grown over so many iterations that what grows in steps
// would have taken one.
func (g *Growth) acquits(found traced, others rate) bool {
	objects, bytes := g.slope()
	most := func(m *measure, of, all float64) bool { return !m.persists() || of >= all/2 }
	switch {
	case found.blind:
		return false
	case found.accounted, !g.without(g.last, others.objects, others.bytes):
		return true
	case found.background && most(&g.measures[0], others.objects, objects) && most(&g.measures[1], others.bytes, bytes):
		return true // its pace varies
	case g.measures[0].persists() && others.objects >= objects/2:
		return true
	}
	// A slice of that size takes a step each time it has grown by a quarter.
	return found.total >= g.total/2 && !g.persisting(found.total, found.rest)
}

// A rate is what there is more of, an iteration.
type rate struct{ objects, bytes float64 }

func (r *rate) add(a amount, n float64) {
	r.objects += float64(a.objects) / n
	r.bytes += float64(a.bytes) / n
}

func perIteration(objects, bytes float64) string {
	if objects < 0.005 {
		return report.Size(bytes) + " an iteration"
	}
	return fmt.Sprintf("%.2f objects and %s an iteration", objects, report.Size(bytes))
}

// sift tells the sites that are the body's own, which grow by so much an
// iteration, from those that belong to others or are to be ignored.
func (g *Growth) sift(found traced) (leaks []probe.Leak, own, others rate) {
	n := float64(found.times)
	var all []probe.Leak
	for _, s := range found.sites {
		// Goroutines that live are no remains of ended ones.
		alive := s.owner == ofRuntime && 2*found.goroutines >= found.times
		if s.background || s.owner != nobody && s.owner != ofFirstUse && !alive || g.ofOtherTest(s.Site) {
			others.add(s.amount, n)
			continue
		}
		l := s.leak()
		l.Owned = true
		all = append(all, l)
	}
	leaks = g.run.Probe.Sift(slices.Clone(all))
	kept := make(map[string]bool, len(leaks))
	for _, l := range leaks {
		kept[l.ID] = true
	}
	for _, l := range all {
		a := amount{l.N(), l.Bytes}
		if kept[l.ID] {
			own.add(a, n)
		} else {
			others.add(a, n)
		}
	}
	for i := range leaks {
		if s, ok := leaks[i].Resource.(*Site); ok {
			s.describe(&leaks[i], g.run.Env.Trace)
			if s.owner == ofRuntime {
				leaks[i].Evidence = append(leaks[i].Evidence, probe.Evidence{Label: "held by", Columns: []string{"goroutines that do not end: leaktest.NoGrowth tells of them"}})
			}
		}
		leaks[i].Tests = nil
	}
	forgetSites(leaks)
	leaks = sumUp(probe.Group(leaks, nil))
	for i := range leaks {
		l := &leaks[i]
		l.Evidence = append([]probe.Evidence{{Label: "grows", Columns: []string{
			perIteration(float64(l.N())/n, float64(l.Bytes)/n), "over " + times(found.times),
		}}}, l.Evidence...)
	}
	return leaks, own, others
}

// ofOtherTest reports whether the stack of a site goes through tests, and none of
// them is this one.
func (g *Growth) ofOtherTest(s *Site) bool {
	return len(s.tests) > 0 && !slices.ContainsFunc(s.tests, probe.Scope{Test: g.run.T.Name()}.Names)
}
