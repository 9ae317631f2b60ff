package report

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/leakassert/leakassert/internal/probe"
)

// A report shows everything unless there is too much of it. What it leaves out it counts. JSON lines have all
// findings, as whole as they are.
const (
	mostFindings = 100       // in one report
	mostText     = 256 << 10 // bytes of findings, after which no other finding begins
	mostEvidence = 200       // lines of one finding
	mostFinding  = 64 << 10  // bytes of one finding, after which none of its lines begins
	mostNotes    = 50
	mostEnds     = 100
	mostColumns  = 20   // of one line
	longestPart  = 1000 // bytes of one column, name or note, before what is not printable is escaped
	longestLine  = 8000 // bytes of one line, before that
	longestEnd   = 2000 // bytes of one line to be copied
)

// choose splits leaks into those that a report shows and those that it leaves out, both in order. Of each
// kind it shows some: leaks of one kind don't hide those of another.
func choose(leaks []probe.Leak) (shown, left []probe.Leak) {
	if len(leaks) <= mostFindings {
		return leaks, nil
	}
	kinds := make(map[string]int)
	for _, l := range leaks {
		kinds[l.Kind]++
	}
	each := max(1, mostFindings/(2*len(kinds))) // half of the room is for whatever comes first
	free := mostFindings
	for _, n := range kinds {
		free -= min(n, each)
	}
	of := make(map[string]int)
	for _, l := range leaks {
		switch of[l.Kind]++; {
		case of[l.Kind] <= each && len(shown) < mostFindings:
			shown = append(shown, l)
		case of[l.Kind] > each && free > 0:
			free--
			shown = append(shown, l)
		default:
			left = append(left, l)
		}
	}
	return shown, left
}

// more says how many findings a report leaves out, "" if it leaves out none.
func more(left []probe.Leak) string {
	if len(left) == 0 {
		return ""
	}
	return fmt.Sprintf("… and %d more, which are not shown here: %s. LEAKTEST=json=FILE has all findings", len(left), Summary(left))
}

// bounded returns the first lines of a list, and one that says how many more there are of what.
func bounded(lines []string, most int, of string) []string {
	if left := len(lines) - most; left > 1 {
		return append(slices.Clip(lines[:most]), fmt.Sprintf("… and %d more %s", left, of))
	}
	return lines
}

// Bounded returns a list of lines for people: the first hundred, and how many more there are of what.
func Bounded(lines []string, of string) []string { return bounded(lines, mostEnds, of) }

// ends returns the lines at the end of a report. They are written to be copied, so one that is too long is
// left out.
func ends(lines []string) (all []string) {
	long := 0
	for _, line := range lines {
		if len(line) > longestEnd {
			long++
			continue
		}
		all = append(all, line)
	}
	all = bounded(all, mostEnds, "lines: LEAKTEST=baseline=add writes them all")
	if long > 0 {
		all = append(all, fmt.Sprintf("… and %d too long to be shown: LEAKTEST=baseline=add writes them", long))
	}
	return all
}

// clip shortens a text that is longer than longestPart bytes. It keeps the beginning and the end, and says how
// many bytes are between them.
func clip(s string) string { return clipTo(s, longestPart) }

func clipTo(s string, most int) string {
	const end = 100
	if len(s) <= most {
		return s
	}
	from, to := most-end, len(s)-end
	for i := 0; i < utf8.UTFMax && from > 0 && !utf8.RuneStart(s[from]); i++ {
		from--
	}
	for i := 0; i < utf8.UTFMax && to < len(s) && !utf8.RuneStart(s[to]); i++ {
		to++
	}
	return fmt.Sprintf("%s…(%d bytes)…%s", s[:from], to-from, s[to:])
}

// clipped returns columns, each of them clipped.
func clipped(columns []string) []string {
	if !slices.ContainsFunc(columns, func(c string) bool { return len(c) > longestPart }) {
		return columns
	}
	all := make([]string, len(columns))
	for i, c := range columns {
		all[i] = clip(c)
	}
	return all
}

// Name returns a name that tests or programs have chosen as a report writes it.
func Name(s string) string { return Printable(clip(strings.TrimSpace(s))) }
