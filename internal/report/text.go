// Package report turns findings into the text that people read.
package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/leakassert/leakassert/internal/probe"
)

// A Report is what one check has to say.
type Report struct {
	// Subject is whose leaks these are: "TestCheckout", "what no test owns".
	Subject string
	// Leaks are the findings, grouped and in order.
	Leaks []probe.Leak
	// Notes say, a line each, what could not be seen.
	Notes []string
	// Settled is the time waited for the leaks to go; 0 when none was waited for.
	Settled time.Duration
	// Verdict is what is said of the subject in place of how much it has leaked.
	Verdict string
	// Trace says that the evidence is already all there is.
	Trace bool
}

// Text is the report in lines, without a newline at the end. Behind a heading
// the lines are as the testing package wants them, which indents all of a
// message but the first line.
func (r Report) Text() string {
	var b strings.Builder
	if len(r.Leaks) > 0 {
		b.WriteString(r.heading())
		b.WriteString("\n\n")
		width := 9
		for _, l := range r.Leaks {
			width = max(width, len(l.Kind))
		}
		for _, l := range r.Leaks {
			finding(&b, l, width)
		}
		b.WriteString("\n")
	}
	for _, n := range r.Notes {
		fmt.Fprintf(&b, "note: %s\n", n)
	}
	if len(r.Leaks) > 0 {
		b.WriteString(r.legend())
	}
	return strings.TrimRight(b.String(), "\n")
}

// Indented is text as the testing package prints a message, but for the spaces
// in its empty lines.
func Indented(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		if b.Len() > 0 && line != "\n" {
			b.WriteString("    ")
		}
		b.WriteString(line)
	}
	return b.String()
}

// heading is the line that says who leaked how much.
func (r Report) heading() string {
	if r.Verdict != "" {
		return r.Subject + " " + r.Verdict
	}
	how := ""
	switch {
	case r.Settled > 0:
		how = fmt.Sprintf(" (settled for %v)", r.Settled)
	case !slices.ContainsFunc(r.Leaks, func(l probe.Leak) bool { return !l.Proven }):
		how = " (proven, not waited for)"
	}
	return fmt.Sprintf("%s leaked%s: %s", r.Subject, how, Summary(r.Leaks))
}

// Summary counts leaks by what they are: "12 goroutines, 1 descriptor".
func Summary(leaks []probe.Leak) string {
	var units []string
	total := make(map[string]int64)
	plural := make(map[string]string)
	for _, l := range leaks {
		unit := l.Unit
		if unit == "" {
			unit = l.Kind
		}
		if _, seen := total[unit]; !seen {
			units = append(units, unit)
			plural[unit] = l.Units
			if l.Units == "" {
				plural[unit] = unit + "s"
			}
		}
		total[unit] += l.N()
	}
	for i, unit := range units {
		name := unit
		if total[unit] != 1 {
			name = plural[unit]
		}
		units[i] = fmt.Sprintf("%d %s", total[unit], name)
	}
	return strings.Join(units, ", ")
}

// legend says what a sign means and where there is more.
func (r Report) legend() string {
	const held = "+ is held at the end and was not at the start"
	var more []string
	for _, l := range r.Leaks {
		if l.Traceable != "" && !slices.Contains(more, l.Traceable) {
			more = append(more, l.Traceable)
		}
	}
	if r.Trace || len(more) == 0 {
		return held
	}
	return held + "; LEAKTEST=trace shows " + strings.Join(more, " and ")
}

func finding(b *strings.Builder, l probe.Leak, width int) {
	fmt.Fprintf(b, "%-*s  %s%s\n", width, l.Kind, amount(l), columns(named(l)))
	evidence := l.Evidence
	if len(l.Tests) > 0 {
		evidence = append(evidence[:len(evidence):len(evidence)], probe.Evidence{Label: tests(l), Columns: l.Tests})
	}
	label := 10
	for _, e := range evidence {
		label = max(label, len(e.Label))
	}
	for _, e := range evidence {
		line := fmt.Sprintf("    %-*s%s", label, e.Label, columns(e.Columns))
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
}

// amount is how much there is more of.
func amount(l probe.Leak) string {
	if l.Bytes == 0 {
		return fmt.Sprintf("+%d", l.N())
	}
	return fmt.Sprintf("+%s  +%s", Summary([]probe.Leak{l}), Size(float64(l.Bytes)))
}

// tests is the label in front of the names of tests that a leak belongs to.
func tests(l probe.Leak) string {
	switch {
	case l.Stray:
		return "seen during"
	case len(l.Tests) == 1:
		return "by"
	}
	return "by one of"
}

// named are a leak's columns with the names of what it stands for in front, the
// first few of many.
func named(l probe.Leak) []string {
	const most = 4
	if len(l.Names) == 0 {
		return l.Columns
	}
	names := strings.Join(l.Names[:min(most, len(l.Names))], ", ")
	if len(l.Names) > most {
		names += ", …"
	}
	if len(l.Columns) == 0 {
		return []string{names}
	}
	return append([]string{names + " " + l.Columns[0]}, l.Columns[1:]...)
}

func columns(cols []string) string {
	var b strings.Builder
	for _, c := range cols {
		if c != "" {
			b.WriteString("  ")
			b.WriteString(c)
		}
	}
	return b.String()
}

// Line is a leak in one line, without its evidence.
func Line(l probe.Leak) string {
	line := fmt.Sprintf("%s  %s%s", l.Kind, amount(l), columns(named(l)))
	if len(l.Tests) > 0 {
		line += "  " + tests(l) + columns(l.Tests)
	}
	return line
}
