// Package report turns findings into the text that people read.
package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/leakassert/leakassert/internal/hint"
	"github.com/leakassert/leakassert/internal/names"
	"github.com/leakassert/leakassert/internal/probe"
)

// A Report is what one check has to say.
type Report struct {
	// Subject is whose leaks these are: "TestCheckout", "what no test owns".
	Subject string
	// Program is the name of the program whose leaks these are. The subject is then the test that
	// has run it.
	Program string
	// Leaks are the findings, grouped and in order.
	Leaks []probe.Leak
	// Notes say, a line each, what could not be seen.
	Notes []string
	// Settled is the time waited for the leaks to go; 0 when none was waited for,
	// as in a synctest bubble.
	Settled time.Duration
	// Verdict replaces what the heading says about the subject.
	Verdict string
	// Grows is what growth is counted by, "iteration" or "run"; "" for leaks that
	// were found by comparing the end with the start.
	Grows string
	// Trace says that the evidence is already all there is.
	Trace bool
	// Subtests says that the subject has subtests and was checked as a whole.
	Subtests bool
	// Ends are lines at the end of a report with leaks.
	Ends []string
}

// Text is the report in lines, without a newline at the end. Behind a heading the lines are as the
// testing package wants them, which indents all of a message but the first line. However much has leaked, the
// text has less than a megabyte: see [mostFindings].
func (r Report) Text() string {
	r.Leaks = probe.Join(r.Leaks)
	var t text
	if len(r.Leaks) > 0 {
		t.line(r.heading())
		t.line("")
		shown, left := choose(r.Leaks)
		width := 9
		for _, l := range shown {
			width = max(width, min(utf8.RuneCountInString(clip(l.Kind)), widest))
		}
		for i, l := range shown {
			if t.Len() > mostText {
				left = append(slices.Clip(shown[i:]), left...)
				break
			}
			t.finding(l, r.Leaks, width)
		}
		if text := more(left); text != "" {
			t.line(text)
		}
		t.line("")
	}
	for _, n := range bounded(r.Notes, mostNotes, "notes") {
		t.line("note: " + clip(n))
	}
	if len(r.Leaks) > 0 {
		t.line(r.legend())
		if r.Subtests {
			t.line("Subtests count too: call leaktest.Check in the subtest to see which one leaks")
		}
		for _, line := range ends(r.Ends) {
			t.line(line)
		}
	}
	return strings.TrimRight(t.String(), "\n")
}

// Indented is text as the testing package prints a message, but for the spaces in its empty lines.
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
	who := clip(r.Subject)
	if r.Program != "" {
		who += ": program " + clip(r.Program)
	}
	if r.Verdict != "" {
		return who + " " + r.Verdict
	}
	how := ""
	switch {
	case r.Settled > 0:
		how = fmt.Sprintf(" (settled for %v)", r.Settled.Round(time.Millisecond))
	case !slices.ContainsFunc(r.Leaks, func(l probe.Leak) bool { return !l.Proven }):
		how = " (proven, not waited for)"
	}
	return fmt.Sprintf("%s leaked%s: %s", who, how, Summary(r.Leaks))
}

// Summary counts leaks by what they are: "12 goroutines, 1 descriptor".
func Summary(leaks []probe.Leak) string {
	const most = 20 // units
	var units []string
	total := make(map[string]int64)
	plural := make(map[string]string)
	var all []probe.Leak // in the order of their kinds, parts first: they were before they were joined
	for _, l := range leaks {
		all = append(append(all, l.Parts...), l)
	}
	for _, l := range all {
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
		units[i] = fmt.Sprintf("%d %s", total[unit], clip(name))
	}
	return strings.Join(bounded(units, most, "units"), ", ")
}

// widest is up to how many characters what stands in one column is aligned.
const widest = 40

// finding adds one of the leaks of a report.
func (t *text) finding(l probe.Leak, all []probe.Leak, width int) {
	t.line(fmt.Sprintf("%-*s  %s%s", width, clip(l.Kind), amount(l), columns(named(l))))
	evidence := slices.Clip(l.Evidence)
	for _, p := range l.Parts {
		evidence = append(evidence, probe.Evidence{Label: p.Kind, Columns: append([]string{amount(p)}, p.Columns...)})
	}
	if len(l.Tests) > 0 {
		evidence = append(evidence, probe.Evidence{Label: tests(l), Columns: few(l.Tests)})
	}
	label := 10
	for _, e := range evidence {
		label = max(label, min(utf8.RuneCountInString(clip(e.Label)), widest))
	}
	line, began := false, t.Len()
	for i, e := range evidence {
		if left := len(evidence) - i; left > 1 && (i >= mostEvidence || t.Len()-began > mostFinding) {
			t.line(fmt.Sprintf("    … and %d more lines", left))
			break
		}
		t.line(fmt.Sprintf("    %-*s%s", label, clip(e.Label), columns(e.Columns)))
		line = line || t.quote(e.Call, label+6)
	}
	if cause := hint.Of(l, all, &t.Lines); cause != "" {
		t.line(fmt.Sprintf("    %-*s%s", label+2, "usual cause", cause)) // with one space, it leaves the columns as they are
	}
}

// amount is how much there is more of.
func amount(l probe.Leak) string {
	if l.Bytes == 0 {
		return fmt.Sprintf("+%d", l.N())
	}
	sign := "+"
	if l.Bytes < 0 {
		sign = "" // which Size writes
	}
	return fmt.Sprintf("+%s  %s%s", Summary([]probe.Leak{l}), sign, names.Size(float64(l.Bytes)))
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

// few are the first tests of a list, in order, and how many more there are.
func few(tests []string) []string {
	const most = 5
	tests = slices.Sorted(slices.Values(tests))
	if more := len(tests) - most; more > 1 {
		return append(tests[:most], fmt.Sprintf("… and %d more", more))
	}
	return tests
}

// named are a leak's columns with the names of what it stands for in front, the first few of many.
func named(l probe.Leak) []string {
	const most = 4
	if len(l.Names) == 0 {
		return l.Columns
	}
	names := strings.Join(clipped(l.Names[:min(most, len(l.Names))]), ", ")
	if len(l.Names) > most || l.N() > int64(len(l.Names)) {
		names += ", …"
	}
	if len(l.Columns) == 0 {
		return []string{names}
	}
	return append([]string{names + " " + clip(l.Columns[0])}, l.Columns[1:]...)
}

func columns(cols []string) string {
	var b strings.Builder
	for i, c := range cols {
		if i == mostColumns {
			fmt.Fprintf(&b, "  … and %d more", len(cols)-i)
			break
		}
		if c != "" {
			b.WriteString("  ")
			b.WriteString(clip(c))
		}
	}
	return b.String()
}

// Finding is a leak as a report shows it: its line, and the lines of its evidence.
func Finding(l probe.Leak) string {
	var t text
	t.finding(l, []probe.Leak{l}, 9)
	return strings.TrimRight(t.String(), "\n")
}

// Line is a leak in one line, without its evidence.
func Line(l probe.Leak) string {
	line := fmt.Sprintf("%s  %s%s", clip(l.Kind), amount(l), columns(named(l)))
	if len(l.Tests) > 0 {
		line += "  " + tests(l) + columns(few(l.Tests))
	}
	return Printable(clipTo(line, longestLine))
}

// A text is lines of a report.
type text struct {
	strings.Builder
	quoted
}

// line adds a line. Everything that is printed goes through here: names of files,
// labels and states can have newlines in them, or what a terminal obeys.
func (t *text) line(s string) {
	t.WriteString(strings.TrimRight(Printable(clipTo(s, longestLine)), " "))
	t.WriteByte('\n')
}

// Printable writes what is not a letter, mark, number, symbol or space as Go does in
// a string: "\x1b".
func Printable(s string) string {
	clean := func(r rune) bool { return !unicode.IsPrint(r) }
	if utf8.ValidString(s) && strings.IndexFunc(s, clean) < 0 {
		return s
	}
	var b strings.Builder
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		if r == utf8.RuneError && n == 1 || clean(r) {
			quoted := strconv.Quote(s[:n])
			b.WriteString(quoted[1 : len(quoted)-1])
		} else {
			b.WriteString(s[:n])
		}
		s = s[n:]
	}
	return b.String()
}
