package page

import (
	"fmt"
	"strings"
)

// A plot shows by how much each round has grown.
type plot struct {
	Width, Height int
	Zero          float64 // the height of the line of 0
	Bars          []bar
	Words         string // what the bars show
	More          int    // rounds that are not drawn
}

type bar struct {
	X, Y, Width, Height float64
	Round               int
	Growth              int64
}

const mostRounds = 60

// plotOf returns the plot of some rounds, nil if there are none.
func plotOf(rounds []int64, unit string) *plot {
	if len(rounds) == 0 {
		return nil
	}
	const step, height = 12, 64
	drawn := rounds[:min(len(rounds), mostRounds)]
	p := &plot{Width: step * len(drawn), Height: height, More: len(rounds) - len(drawn)}
	low, high := 0.0, 0.0
	for _, n := range drawn {
		low, high = min(low, float64(n)), max(high, float64(n))
	}
	if low == high {
		high = 1
	}
	at := func(n float64) float64 { return height * (high - n) / (high - low) }
	p.Zero = at(0)
	var words []string
	for i, n := range drawn {
		top, bottom := min(at(float64(n)), p.Zero), max(at(float64(n)), p.Zero)
		p.Bars = append(p.Bars, bar{float64(step*i) + 2, top, step - 4, bottom - top, i + 1, n})
		words = append(words, fmt.Sprintf("%+d", n))
	}
	p.Words = "Growth of each round in the unit " + unit + ": " + strings.Join(words, ", ")
	return p
}
