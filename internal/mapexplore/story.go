package mapexplore

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/leakassert/leakassert/internal/explore"
	"github.com/leakassert/leakassert/internal/explore/op"
	"github.com/leakassert/leakassert/internal/mapdrive"
)

// A Namer names the places at which a schedule can switch.
type Namer interface {
	Name(site uint32) (file string, line int, function, operation string)
}

// mostRows is how many rows of a schedule are shown.
const mostRows = 40

// A row is a line of a schedule: what one worker does.
type row struct {
	worker int
	text   string // what is before and behind the step
	step   *explore.Step
	shown  bool
}

// Story draws the schedule of a fault: a column for each worker, and for each goroutine that the map has
// started and that does something in it, and a row for each step that matters. These are the steps beside a
// switch, those that find what another worker has changed during the same operation, and these changes. Above
// it stands what a long setup is for.
func (f *Found) Story(names mapdrive.Namer, places Namer) string {
	workers := f.Failure.Scenario.Workers
	story := Story(f.Execution, len(workers), func(worker, op int) string {
		if worker < len(workers) && op < len(workers[worker]) {
			return workers[worker][op].Spell(names)
		}
		return ""
	}, places)
	if story == "" {
		return ""
	}
	return f.edge(names) + story
}

// Story draws an execution of some workers and of the goroutines that go statements have started. call
// writes what a worker does, as it has marked it.
func Story(e *explore.Execution, workers int, call func(worker, op int) string, places Namer) string {
	if e == nil || len(e.Steps) == 0 {
		return ""
	}
	changes, crossed := crossings(e)
	n := workers
	for _, s := range e.Steps {
		n = max(n, s.Task+1)
	}
	var rows []row
	marks := e.Marks
	mark := func(upTo int) {
		for ; len(marks) > 0 && marks[0].Step <= upTo; marks = marks[1:] {
			m := marks[0]
			if m.Task < 0 || m.End {
				continue
			}
			if text := call(m.Task, m.Op); text != "" {
				rows = append(rows, row{m.Task, text, nil, true})
			}
		}
	}
	last := -1
	for i, s := range e.Steps {
		mark(i)
		if s.Task < 0 {
			continue
		}
		switches := last >= 0 && s.Task != last
		if switches {
			for k := len(rows) - 1; k >= 0; k-- { // what the other did last
				if rows[k].step != nil && rows[k].worker == last {
					rows[k].shown = true
					break
				}
			}
		}
		text := ""
		by, finds := crossed[i]
		if finds {
			text = fmt.Sprintf("  ← %s has changed it", nameOf(by, workers))
		}
		rows = append(rows, row{s.Task, text, &e.Steps[i], switches || finds || changes[i]})
		last = s.Task
	}
	mark(len(e.Steps))
	var columns []string
	for task := range n {
		if task < workers || slices.ContainsFunc(rows, func(r row) bool { return r.worker == task && r.shown }) {
			columns = append(columns, nameOf(task, workers))
			continue
		}
		columns = append(columns, "") // there may be many that do nothing to tell
	}
	return draw(rows, columns, places)
}

// nameOf returns the name of a task.
func nameOf(task, workers int) string {
	if task < workers {
		return fmt.Sprintf("worker %d", task+1)
	}
	return fmt.Sprintf("goroutine %d", task-workers+1)
}

// crossings returns the first steps of a worker that find what another one has changed during the same
// operation, with that worker, and the last of these changes.
func crossings(e *explore.Execution) (changes map[int]bool, crossed map[int]int) {
	changes, crossed = make(map[int]bool), make(map[int]int)
	type seen struct {
		addr uintptr
		task int
	}
	before := make(map[seen]int)       // the last step of a task on an address
	written := make(map[uintptr][]int) // the steps that changed an address
	for i, s := range e.Steps {
		if s.Task < 0 || s.Addr == 0 {
			continue
		}
		key := seen{s.Addr, s.Task}
		if at, ok := before[key]; ok && e.Steps[at].Mark == s.Mark {
			for _, w := range slices.Backward(written[s.Addr]) {
				if w > at && e.Steps[w].Task != s.Task {
					crossed[i], changes[w] = e.Steps[w].Task, true
					break
				}
			}
		}
		before[key] = i
		if writes(s) {
			written[s.Addr] = append(written[s.Addr], i)
		}
	}
	return changes, crossed
}

// writes reports whether a step has changed what it is on.
func writes(s explore.Step) bool {
	if s.Known {
		return s.Before != s.After
	}
	switch op.Of(s.Code) {
	case op.Load, op.Wait, op.Yield, op.Sleep, op.Begin, op.Lock, op.Unlock, op.RLock, op.RUnlock:
		return false
	}
	return true
}

// values writes what words hold. A pointer has a name: its number says little.
type values map[uint64]string

func (v values) word(n uint64) string {
	if n < 1<<20 || int64(n) < 0 && int64(n) > -1<<20 {
		return fmt.Sprint(int64(n))
	}
	if _, ok := v[n]; !ok {
		v[n] = fmt.Sprint("p", len(v)+1)
	}
	return v[n]
}

// describe writes a step: "map.go:120  Store  p1 → p2".
func (v values) describe(s *explore.Step, places Namer) string {
	file, line, _, operation := places.Name(s.Site)
	text := op.Name(s.Code)
	if operation != "" {
		text = operation
	}
	if file != "" {
		text = fmt.Sprintf("%s:%d  %s", file[strings.LastIndexAny(file, `/\`)+1:], line, text)
	}
	switch {
	case !s.Known:
	case s.Before != s.After:
		text += fmt.Sprintf("  %s → %s", v.word(s.Before), v.word(s.After))
	default:
		text += "  " + v.word(s.Before)
	}
	return text
}

// draw writes rows in columns with names. A column without one is not drawn.
func draw(rows []row, columns []string, places Namer) string {
	rows = slices.DeleteFunc(rows, func(r row) bool { return columns[r.worker] == "" })
	shown := 0
	for _, r := range rows {
		if r.shown {
			shown++
		}
	}
	keep := func(i int) bool { return rows[i].shown }
	if shown > mostRows { // the end helps the reader most
		from := 0
		for n := 0; n < mostRows && from < len(rows); from++ {
			if rows[len(rows)-1-from].shown {
				n++
			}
		}
		keep = func(i int) bool { return rows[i].shown && i >= len(rows)-from }
	}
	widths := make([]int, len(columns))
	known := make(values)
	for i, r := range rows {
		if keep(i) {
			if r.step != nil {
				r.text = "  " + known.describe(r.step, places) + r.text
				rows[i].text = r.text
			}
			widths[r.worker] = max(widths[r.worker], utf8.RuneCountInString(r.text))
		}
	}
	var b strings.Builder
	write := func(worker int, text string) {
		b.WriteString("    ")
		for w := range worker {
			if columns[w] != "" {
				b.WriteString(strings.Repeat(" ", widths[w]+4))
			}
		}
		b.WriteString(text + "\n")
	}
	left, of := 0, 0
	flush := func() {
		if left > 0 {
			write(of, fmt.Sprintf("  … %d more …", left))
		}
		left = 0
	}
	head := "    "
	for w, name := range columns {
		if name != "" {
			widths[w] = max(widths[w], len(name))
			head += fmt.Sprintf("%-*s", widths[w]+4, name)
		}
	}
	b.WriteString(strings.TrimRight(head, " ") + "\n")
	for i, r := range rows {
		if !keep(i) {
			if r.worker != of {
				flush()
			}
			of = r.worker
			left++
			continue
		}
		flush()
		write(r.worker, r.text)
	}
	flush()
	return b.String()
}
