package leaktest

import (
	"fmt"
	"strings"

	"github.com/leakassert/leakassert/internal/probe"
	"github.com/leakassert/leakassert/internal/report"
)

// growth follows groups of equal leaks over rounds: what counts is what is more
// after every round than it was after the one before. Something that fills up
// and then stays is none.
type growth struct {
	unit   string // what a round is counted in: "iteration", "run"
	rounds []round
}

type round struct {
	held  map[string]int64
	leaks map[string]Leak
	times int // iterations in the round
}

func newRound(held []Leak, times int) round {
	r := round{make(map[string]int64), make(map[string]Leak), times}
	for _, l := range held {
		k := groupKey(l)
		r.held[k] += l.N()
		r.leaks[k] = l
	}
	return r
}

// groupKey is what stays the same from one run to the next of leaks of one
// origin. Of a goroutine that is where it was started and with which function;
// where it stands by now is not.
func groupKey(l Leak) string {
	var b strings.Builder
	b.WriteString(l.Kind)
	at := func(f Frame) { fmt.Fprintf(&b, "\n%s %s:%d", f.Func, f.File, f.Line) }
	switch {
	case l.Origin != "":
		b.WriteString("\n" + l.Origin)
	case l.CreatedBy.Func != "" && len(l.Frames) > 0:
		b.WriteString("\n" + l.Frames[len(l.Frames)-1].Func)
		at(l.CreatedBy)
	case len(l.Frames) > 0:
		for _, f := range l.Frames {
			if !report.Std(f) {
				at(f)
			}
		}
	default:
		b.WriteString(strings.Join(l.Columns, "\t"))
	}
	return b.String()
}

// round adds what is held after one more round of some iterations.
func (g *growth) round(held []Leak, times int) {
	g.rounds = append(g.rounds, newRound(held, times))
}

// grows reports whether something would still be growing if held were the next
// round.
func (g *growth) grows(held []Leak) bool {
	if len(g.rounds) == 0 {
		return false
	}
	last := g.rounds[len(g.rounds)-1]
	next := newRound(held, 0)
	for k, n := range next.held {
		if n > last.held[k] && g.grewAlways(k) {
			return true
		}
	}
	return false
}

// grewAlways reports whether a group grew in every round after the first.
func (g *growth) grewAlways(k string) bool {
	for i := 1; i < len(g.rounds); i++ {
		if g.rounds[i].held[k] <= g.rounds[i-1].held[k] {
			return false
		}
	}
	return true
}

// persistent are the groups that grew in every round, explained, with what they
// grew by.
func (g *growth) persistent(explain func([]Leak) []Leak) (grown []Leak) {
	if len(g.rounds) < 2 {
		return nil
	}
	last := g.rounds[len(g.rounds)-1]
	for k, l := range last.leaks {
		if g.grewAlways(k) {
			grown = append(grown, l)
		}
	}
	if len(grown) == 0 {
		return nil
	}
	said := make(map[string]bool)
	explained := explain(grown)
	grown = nil
	for _, l := range explained {
		k := groupKey(l)
		if said[k] || !g.grewAlways(k) {
			continue
		}
		said[k] = true
		grown = append(grown, g.measured(l, k))
	}
	return probe.Group(grown, nil)
}

// measured is a leak with how much its group grew.
func (g *growth) measured(l Leak, k string) Leak {
	var steps []string
	times := 0
	for i := 1; i < len(g.rounds); i++ {
		steps = append(steps, fmt.Sprintf("%+d", g.rounds[i].held[k]-g.rounds[i-1].held[k]))
		times += g.rounds[i].times
	}
	last := g.rounds[len(g.rounds)-1].held[k]
	l.Count = last - g.rounds[0].held[k]
	l.Bytes = int64(float64(l.Bytes) / float64(last) * float64(l.Count))
	l.Evidence = append([]Evidence{{Label: "grows", Columns: []string{
		strings.Join(steps, " "),
		fmt.Sprintf("%.2f per %s over %d %s", float64(l.Count)/float64(times), g.unit, times, plural(g.unit, times)),
	}}}, l.Evidence...)
	return l
}

func plural(unit string, n int) string {
	if n == 1 {
		return unit
	}
	return unit + "s"
}
