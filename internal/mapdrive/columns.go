package mapdrive

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// mostRows are shown of a worker, and half as many of the setup.
const mostRows = 24

// Columns draws a round: what each worker does from top to bottom, with results.
func (o Outcome) Columns(s Scenario, n Namer) string {
	var b strings.Builder
	if len(s.Setup) > 0 {
		setup := make([]Record, len(s.Setup))
		for i, op := range s.Setup {
			setup[i] = Record{Op: op, Result: Result{Absent, false}}
		}
		var cells []string
		for _, l := range fold(setup, n, mostRows/2) {
			l, _, _ = strings.Cut(l, " → ")
			cells = append(cells, l)
		}
		fmt.Fprintf(&b, "before:  %s\n", strings.Join(cells, "; "))
	}
	columns := make([][]string, len(s.Workers))
	rows := 0
	for w := range s.Workers {
		var records []Record
		for _, r := range o.Records {
			if r.Worker == w {
				records = append(records, r)
			}
		}
		columns[w] = append([]string{fmt.Sprintf("worker %d", w+1)}, fold(records, n, mostRows)...)
		rows = max(rows, len(columns[w]))
	}
	for i := range rows {
		row := "    "
		for _, c := range columns {
			cell, width := "", 0
			if i < len(c) {
				cell = c[i]
			}
			for _, other := range c {
				width = max(width, utf8.RuneCountInString(other))
			}
			row += cell + strings.Repeat(" ", width-utf8.RuneCountInString(cell)+4)
		}
		b.WriteString(strings.TrimRight(row, " ") + "\n")
	}
	if len(o.Final) > 0 {
		fmt.Fprintf(&b, "after:   %s\n", strings.Join(fold(o.Final, n, mostRows/2), "; "))
	}
	return b.String()
}

// fold spells records. Operations of one kind on keys in order become one line; of
// what is still more than most, the middle is left out: what comes last tells most.
func fold(records []Record, n Namer, most int) (lines []string) {
	for i := 0; i < len(records); {
		end := i + 1
		for end < len(records) && follows(records[end-1], records[end]) {
			end++
		}
		if end-i < 4 {
			lines = append(lines, line(records[i], n))
			i++
			continue
		}
		lines = append(lines, fmt.Sprintf("%s to %s", records[i].Op.Spell(n), line(records[end-1], n)))
		i = end
	}
	if first := most / 4; len(lines) > most {
		left := len(lines) - most + 1
		lines = append(append(lines[:first:first], fmt.Sprintf("… %d more …", left)), lines[first+left:]...)
	}
	return lines
}

// follows is whether b does to the next key what a has done, with the same outcome.
func follows(a, b Record) bool {
	return a.Op.Kind == b.Op.Kind && a.Op.Kind <= LastOfKey && b.Op.Key == a.Op.Key+1 &&
		a.Result.OK == b.Result.OK && (a.Result.Val == Absent) == (b.Result.Val == Absent) && b.Open == ""
}

func line(r Record, n Namer) string {
	if r.Open != "" {
		return r.Op.Spell(n) + " " + r.Open
	}
	if result := r.Result.Spell(r.Op, n); result != "" {
		return r.Op.Spell(n) + " → " + result
	}
	return r.Op.Spell(n)
}
