// Package growth follows what is held over rounds of a body, or over runs of a suite. What grows
// every time is a leak. What fills up and then stays is not.
package growth

import (
	"fmt"
	"slices"
	"strings"

	"github.com/leakassert/leakassert/internal/probe"
)

// Rounds holds what was held after each round. Leaks of one origin form a group.
type Rounds struct {
	unit   string // the unit of a round: "iteration", "run"
	rounds []map[group]int64
	times  int // iterations in the rounds after the first
}

// New returns empty Rounds that count in a unit such as "iteration".
func New(unit string) *Rounds { return &Rounds{unit: unit} }

// A group is the kind and the origin that leaks share.
type group struct{ kind, origin string }

func groupOf(l probe.Leak) group { return group{l.Kind, l.Origin} }

func byGroup(held []probe.Leak) map[group]int64 {
	counts := make(map[group]int64)
	for _, l := range held {
		counts[groupOf(l)] += l.N()
	}
	return counts
}

// Add adds what is held after another round of times iterations.
func (g *Rounds) Add(held []probe.Leak, times int) {
	if len(g.rounds) > 0 {
		g.times += times
	}
	g.rounds = append(g.rounds, byGroup(held))
}

// Grows reports whether something would still be growing if held were the next round.
func (g *Rounds) Grows(held []probe.Leak) bool {
	if len(g.rounds) == 0 {
		return false
	}
	last := g.rounds[len(g.rounds)-1]
	for k, n := range byGroup(held) {
		if n > last[k] && g.grewAlways(k) {
			return true
		}
	}
	return false
}

// grewAlways reports whether a group grew in every round after the first.
func (g *Rounds) grewAlways(k group) bool {
	for i := 1; i < len(g.rounds); i++ {
		if g.rounds[i][k] <= g.rounds[i-1][k] {
			return false
		}
	}
	return true
}

// Persistent returns the groups in held that grew in every round, explained, with their growth.
func (g *Rounds) Persistent(held []probe.Leak, explain func([]probe.Leak) []probe.Leak) (grown []probe.Leak) {
	if len(g.rounds) < 2 {
		return nil
	}
	held = slices.DeleteFunc(slices.Clone(held), func(l probe.Leak) bool { return !g.grewAlways(groupOf(l)) })
	if len(held) == 0 {
		return nil
	}
	same := make(map[group][]probe.Leak)
	for _, l := range explain(held) {
		same[groupOf(l)] = append(same[groupOf(l)], l)
	}
	for k, leaks := range same {
		grown = append(grown, g.measured(merged(leaks), k))
	}
	return probe.Group(grown, nil)
}

// merged makes one leak of a group. It has the columns and evidence that all leaks of the group
// share, and an example of the others.
func merged(leaks []probe.Leak) probe.Leak {
	l, total := leaks[0], int64(0)
	for _, o := range leaks {
		if total += o.N(); o.N() > l.N() {
			l = o
		}
	}
	if len(leaks) == 1 {
		return l
	}
	most := 2*l.N() > total // it can stand for all: the others are only elsewhere just now
	l.Names, l.Changes = nil, nil
	for _, o := range leaks {
		l.Names, l.Changes = append(l.Names, o.Names...), append(l.Changes, o.Changes...)
	}
	var common []string
	for i, c := range l.Columns {
		if !slices.ContainsFunc(leaks, func(o probe.Leak) bool { return i >= len(o.Columns) || o.Columns[i] != c }) {
			common = append(common, c)
		}
	}
	if len(common) < len(l.Columns) && !most {
		l.Evidence = append([]probe.Evidence{{Label: "such as", Columns: l.Columns}}, l.Evidence...)
		l.Columns = common
	}
	return l
}

// measured adds to a leak how much its group grew.
func (g *Rounds) measured(l probe.Leak, k group) probe.Leak {
	var steps []string
	var grew []int64
	for i := 1; i < len(g.rounds); i++ {
		step := g.rounds[i][k] - g.rounds[i-1][k]
		grew, steps = append(grew, step), append(steps, fmt.Sprintf("%+d", step))
	}
	unit := g.unit
	if g.times != 1 {
		unit += "s"
	}
	last := g.rounds[len(g.rounds)-1][k]
	l.Count = last - g.rounds[0][k]
	l.Bytes = int64(float64(l.Bytes) / float64(last) * float64(l.Count))
	n := float64(g.times)
	l.Growth = &probe.Growth{PerUnit: float64(l.Count) / n, BytesPerUnit: float64(l.Bytes) / n, Units: int64(g.times), Rounds: grew}
	l.Evidence = append([]probe.Evidence{{Label: "grows", Columns: []string{
		strings.Join(steps, " "),
		fmt.Sprintf("%.2f per %s over %d %s", float64(l.Count)/float64(g.times), g.unit, g.times, unit),
	}}}, l.Evidence...)
	return l
}
