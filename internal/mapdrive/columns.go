package mapdrive

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// byNone is the worker of setup records, whose results are unknown.
const byNone = -1

// mostRows is how many lines of a worker are shown. The setup has half as many.
const mostRows = 24

// Columns draws a round: one column for each worker, with its operations and results. It always shows
// the records that the description names. If the columns would be too long, Columns leaves out what
// was called later, and operations on other keys than the one that the records concern.
func (o Outcome) Columns(s Scenario, n Namer) string {
	var b strings.Builder
	var setup []Record
	for _, op := range s.Setup {
		setup = append(setup, Record{Op: op, Worker: byNone})
	}
	if len(o.Named) > 0 && slices.ContainsFunc(s.Workers, func(ops []Op) bool { return len(ops) > mostRows }) {
		key, one := o.key()
		last := slices.MaxFunc(o.Named, func(a, b Record) int { return cmp.Compare(a.Return, b.Return) }).Return
		left := func(all []Record) []Record {
			return slices.DeleteFunc(slices.Clone(all), func(r Record) bool { return one && !r.of(key) || r.Call > last })
		}
		setup, o = left(setup), Outcome{left(o.Records), left(o.Final), o.Named}
		if one {
			fmt.Fprintf(&b, "only what concerns %s:\n", n.Key(key))
		}
	}
	fold := func(records []Record, most int) []string { return fold(records, n, most, o.names) }
	if len(setup) > 0 {
		fmt.Fprintf(&b, "before:  %s\n", strings.Join(fold(setup, mostRows/2), "; "))
	}
	columns, widths := make([][]string, len(s.Workers)), make([]int, len(s.Workers))
	rows := 0
	for w := range s.Workers {
		columns[w] = append([]string{fmt.Sprintf("worker %d", w+1)}, fold(o.By(w), mostRows)...)
		rows = max(rows, len(columns[w]))
		for _, cell := range columns[w] {
			widths[w] = max(widths[w], utf8.RuneCountInString(cell))
		}
	}
	for i := range rows {
		row := ""
		for w, c := range columns {
			cell := ""
			if i < len(c) {
				cell = c[i]
			}
			row += fmt.Sprintf("    %-*s", widths[w], cell)
		}
		b.WriteString(strings.TrimRight(row, " ") + "\n")
	}
	if len(o.Final) > 0 {
		fmt.Fprintf(&b, "after:   %s\n", strings.Join(fold(o.Final, mostRows/2), "; "))
	}
	return b.String()
}

// key returns the one key that the named records concern.
func (o Outcome) key() (key int, ok bool) {
	for _, r := range o.Named {
		if r.Op.Kind > LastOfKey || ok && r.Op.Key != key {
			return 0, false
		}
		key, ok = r.Op.Key, true
	}
	return key, ok
}

// names reports whether the description of the fault names a record.
func (o Outcome) names(r Record) bool { return slices.Contains(o.Named, r) }

// fold spells records. It joins operations of one kind on consecutive keys into one line. If more
// than most lines remain, it drops some from the middle, except those that are named and their
// neighbours: the last ones help the reader most.
func fold(records []Record, n Namer, most int, named func(Record) bool) (lines []string) {
	var near []int // the lines of the named records
	for i, end := 0, 0; i < len(records); i = end {
		for end = i + 1; end < len(records) && follows(records[end-1], records[end]) && !named(records[end]) && !named(records[end-1]); {
			end++
		}
		if named(records[i]) {
			near = append(near, len(lines))
		}
		if end-i < 4 {
			lines = append(lines, line(records[i], n))
			end = i + 1
			continue
		}
		first := records[i].Op.Spell(n)
		if records[i].Result != records[end-1].Result {
			first = line(records[i], n)
		}
		lines = append(lines, fmt.Sprintf("%s to %s", first, line(records[end-1], n)))
	}
	if len(lines) <= most {
		return lines
	}
	first, last := most/4, len(lines)-(most-most/4-1)
	var shown []string
	dropped := 0
	for i, text := range lines {
		if i >= first && i < last && !slices.ContainsFunc(near, func(at int) bool { return i >= at-1 && i <= at+1 }) {
			dropped++
			continue
		}
		if dropped > 0 {
			shown = append(shown, fmt.Sprintf("… %d more …", dropped))
			dropped = 0
		}
		shown = append(shown, text)
	}
	return shown
}

// follows reports whether b does to the next key what a did, with the same outcome.
func follows(a, b Record) bool {
	return a.Op.Kind == b.Op.Kind && a.Op.Kind <= LastOfKey && b.Op.Key == a.Op.Key+1 &&
		a.Result.OK == b.Result.OK && (a.Result.Val == Absent) == (b.Result.Val == Absent) && b.Open == ""
}

func line(r Record, n Namer) string {
	if r.Open != "" {
		return r.Op.Spell(n) + " " + r.Open
	}
	if result := r.Result.Spell(r.Op, n); result != "" && r.Worker != byNone {
		return r.Op.Spell(n) + " → " + result
	}
	return r.Op.Spell(n)
}
