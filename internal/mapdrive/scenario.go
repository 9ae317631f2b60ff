package mapdrive

import (
	"fmt"
	"slices"
	"strings"
)

// A Scenario is what workers do at the same time to a map that was set up.
type Scenario struct {
	// Setup is done first, by one.
	Setup []Op
	// Workers are what each of them does, in order.
	Workers [][]Op
	// Fresh says that each round has a map of its own.
	Fresh bool
}

// ops is how many operations there are.
func (s Scenario) ops() (n int) {
	for _, w := range s.Workers {
		n += len(w)
	}
	return n
}

// keys are those that the scenario uses, in order.
func (s Scenario) keys() (keys []int) {
	add := func(ops []Op) {
		for _, op := range ops {
			if !slices.Contains(keys, op.Key) {
				keys = append(keys, op.Key)
			}
		}
	}
	add(s.Setup)
	for _, w := range s.Workers {
		add(w)
	}
	slices.Sort(keys)
	return keys
}

// Keys are those that the scenario uses, in order.
func (s Scenario) Keys() []int { return s.keys() }

// Before is the value of a key when the workers begin.
func (s Scenario) Before(key int) int { return s.before(key) }

// before is the value of a key when the workers begin.
func (s Scenario) before(key int) int {
	state := Absent
	for _, op := range s.Setup {
		if op.Key == key {
			state, _ = step(state, op)
		}
	}
	return state
}

// An Outcome is what one round of a scenario has given.
type Outcome struct {
	Records []Record // of all workers
	Final   []Record // one Load for each key at the end, by one
}

// all are the records of a key, with the last Load.
func (o Outcome) of(key int) (records []Record) {
	for _, r := range o.Records {
		if r.Op.Key == key {
			records = append(records, r)
		}
	}
	for _, r := range o.Final {
		if r.Op.Key == key {
			records = append(records, r)
		}
	}
	return records
}

// Columns draws a round: what each worker does from top to bottom, with results.
func (o Outcome) Columns(s Scenario, n Namer) string {
	var b strings.Builder
	if len(s.Setup) > 0 {
		var setup []string
		for _, op := range s.Setup {
			setup = append(setup, op.Spell(n))
		}
		fmt.Fprintf(&b, "before:  %s\n", strings.Join(setup, "; "))
	}
	columns := make([][]string, len(s.Workers))
	rows := 0
	for w := range s.Workers {
		columns[w] = append(columns[w], fmt.Sprintf("worker %d", w+1))
		for _, r := range o.Records {
			if r.Worker == w {
				columns[w] = append(columns[w], line(r, n))
			}
		}
		rows = max(rows, len(columns[w]))
	}
	for i := range rows {
		var row strings.Builder
		for _, c := range columns {
			cell, width := "", 0
			if i < len(c) {
				cell = c[i]
			}
			for _, other := range c {
				width = max(width, len([]rune(other)))
			}
			row.WriteString(cell + strings.Repeat(" ", width-len([]rune(cell))+4))
		}
		b.WriteString("    " + strings.TrimRight(row.String(), " ") + "\n")
	}
	for _, r := range o.Final {
		fmt.Fprintf(&b, "after:   %s\n", line(r, n))
	}
	return b.String()
}

func line(r Record, n Namer) string {
	if result := r.Result.Spell(r.Op, n); result != "" {
		return r.Op.Spell(n) + " → " + result
	}
	return r.Op.Spell(n)
}
