package page

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/leakassert/leakassert/internal/names"
	"github.com/leakassert/leakassert/leaktest/finding"
)

// A plot shows by how much each round has grown.
type plot struct {
	Title         string // what the bars show
	Width, Height int
	Zero          float64 // the height of the line of 0
	Bars          []bar
	More          int // rounds that are not drawn
}

type bar struct {
	X, Y, Width, Height float64
	Words               string // "round 1: +2"
}

// A round is a bar to be drawn.
type round struct {
	growth float64
	words  string
}

const mostRounds = 60

// plotOf returns the plot of the rounds of some growth, nil if they were not counted. Rounds of the
// finding itself go before those of the whole heap.
func plotOf(g finding.Growth, unit string) *plot {
	var rounds []round
	for _, n := range g.Rounds {
		rounds = append(rounds, round{float64(n), fmt.Sprintf("%+d", n)})
	}
	if len(rounds) > 0 {
		return draw("Growth in each round, in the unit "+cmp.Or(unit, "that is not known"), rounds)
	}
	for _, r := range g.Heap {
		rounds = append(rounds, round{float64(r.Bytes), fmt.Sprintf("%s in %s", signedSize(r.Bytes), counted(int(r.Iterations), "iteration", "iterations"))})
	}
	return draw("Growth of the whole heap in each round", rounds)
}

func signedSize(bytes int64) string {
	text := names.Size(float64(bytes))
	if bytes > 0 {
		return "+" + text
	}
	return text
}

// draw returns the plot of rounds, nil if there are none.
func draw(title string, rounds []round) *plot {
	if len(rounds) == 0 {
		return nil
	}
	const step, height = 20, 80
	drawn := rounds[:min(len(rounds), mostRounds)]
	p := &plot{Title: title, Width: step * len(drawn), Height: height, More: len(rounds) - len(drawn)}
	low, high := 0.0, 0.0
	for _, r := range drawn {
		low, high = min(low, r.growth), max(high, r.growth)
	}
	if low == high {
		high = 1
	}
	at := func(n float64) float64 { return height * (high - n) / (high - low) }
	p.Zero = at(0)
	for i, r := range drawn {
		top, bottom := min(at(r.growth), p.Zero), max(at(r.growth), p.Zero)
		p.Bars = append(p.Bars, bar{float64(step*i) + 2, top, step - 4, bottom - top, fmt.Sprintf("round %d: %s", i+1, r.words)})
	}
	return p
}

// words says in a text what the bars show.
func (p *plot) words() string {
	all := make([]string, len(p.Bars))
	for i, b := range p.Bars {
		_, all[i], _ = strings.Cut(b.Words, ": ")
	}
	return p.Title + ": " + strings.Join(all, ", ")
}
