// Package readme holds the reports that an example's README.md shows to be true.
package readme

import (
	"flag"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "rewrite the reports in README.md that have changed")

// figure matches a number with its unit, such as "+1 larger object" and "1.5 MiB".
const figure = `[+-]?(?:\d+, )?\d+(?:\.\d+)? (?:larger )?(?:objects?|B|[KM]iB|iterations?|rounds|descriptors?|goroutines?)\b`

// Patterns of what differs from run to run; the first group is kept.
var (
	address = regexp.MustCompile(`(127\.0\.0\.1|\[::1\]):\d+`)
	folder  = regexp.MustCompile(`\S*/Test\w+\d+/\d{3}/`)
	memory  = regexp.MustCompile(`0x[0-9a-f]+`)
	numbers = regexp.MustCompile(`(?m)^(fd +\+\d+ +)\d+(?:, \d+)*`)
	std     = regexp.MustCompile(`[\w/.]+\.go:\d+ \[std\]`)
	// holder matches the beginning of the way to an object: a variable of a test is found on the
	// stack or in a function literal.
	holder     = regexp.MustCompile(`(?:(?:goroutine \d+, )?\w+\.[\w.()*]+: |func \S+ captures )`)
	calledFrom = regexp.MustCompile(`(\n) +called from .*\n`)
	heldBy     = regexp.MustCompile(`(held by +).*`)
	key        = regexp.MustCompile(`\[(?:"[^"]*"|\d+)\]`)
	// Schedule matches what names a schedule.
	Schedule = regexp.MustCompile(`replay=\S+`)
	// Growth matches the figures of a report of NoGrowth.
	Growth = regexp.MustCompile(figure + `(?: and ` + figure + `)?(?:, the heap grew in each)?`)
)

// Report fails the test if the block called name in README.md, which begins with the line
// "```text name", is not the report. Addresses, temporary folders, lines of the standard
// library and what the patterns match may differ. With -update the block is rewritten.
func Report(t testing.TB, name, report string, varies ...*regexp.Regexp) {
	t.Helper()
	text, err := os.ReadFile("README.md")
	require.NoError(t, err)
	before, rest, found := strings.Cut(string(text), "```text "+name+"\n")
	block, after, closed := strings.Cut(rest, "```\n")
	require.True(t, found && closed, "README.md has no block that begins with the line ```text %s", name)
	report = strings.TrimSpace(report) + "\n"
	same := func(text string) string {
		all := append(varies, address, folder, memory, numbers, std, holder, key)
		if raceEnabled { // the race detector changes which variables are on the stack
			all = append(all, heldBy)
		}
		if strings.Contains(text, "\n    …\n") { // of several places only the largest has this line
			text = calledFrom.ReplaceAllString(text, "$1")
		}
		for _, v := range all {
			text = v.ReplaceAllString(text, "${1}…")
		}
		return text
	}
	if same(block) != same(report) && *update {
		text := before + "```text " + name + "\n" + report + "```\n" + after
		require.NoError(t, os.WriteFile("README.md", []byte(text), 0o644))
		return
	}
	assert.Equal(t, same(report), same(block), "README.md is rewritten by go test -update")
}

// Suspect returns the report of one suspect with some of the places that have allocated what it
// holds: for each of the words, the first line that contains it. Their number and order may differ
// from run to run, and so may the share that the suspect holds. It leaves out the line of source
// that the report shows for the first.
func Suspect(t testing.TB, report string, words ...string) string {
	t.Helper()
	var allocated []string
	var before, after strings.Builder
	for line := range strings.Lines(strings.TrimSpace(report)) {
		switch trimmed := strings.TrimSpace(line); {
		case strings.HasPrefix(trimmed, "allocated "):
			allocated = append(allocated, line)
		case len(allocated) > 0 && strings.HasPrefix(line, strings.Repeat(" ", 16)): // the source of the first place
		case strings.HasPrefix(trimmed, "and ") && strings.HasSuffix(trimmed, " more sites"), strings.HasPrefix(trimmed, "the suspect holds "):
		case strings.HasPrefix(trimmed, "called from ") && len(allocated) > 0:
			allocated[len(allocated)-1] += line
		case len(allocated) == 0:
			before.WriteString(line)
		default:
			after.WriteString(line)
		}
	}
	for _, w := range words {
		i := slices.IndexFunc(allocated, func(line string) bool { return strings.Contains(line, w) })
		require.GreaterOrEqual(t, i, 0, "no place of the report contains %q:\n%s", w, report)
		before.WriteString(allocated[i])
	}
	return before.String() + "    …\n" + after.String()
}

// Findings returns the report with some of its findings: for each of the words, the first that
// contains them. A line with an ellipsis stands for the others. How many findings a check
// of the heap has and their order may differ from run to run.
func Findings(t testing.TB, report string, words ...string) string {
	t.Helper()
	head, rest, _ := strings.Cut(strings.TrimSpace(report), "\n\n")
	findings, legend, _ := strings.Cut(rest, "\n\n")
	var parts []string
	for line := range strings.Lines(findings + "\n") {
		if !strings.HasPrefix(line, " ") {
			parts = append(parts, "")
		}
		parts[len(parts)-1] += line
	}
	var text strings.Builder
	for _, w := range words {
		i := slices.IndexFunc(parts, func(part string) bool { return strings.Contains(part, w) })
		require.GreaterOrEqual(t, i, 0, "no finding of the report contains %q:\n%s", w, report)
		text.WriteString(parts[i])
	}
	if len(parts) > len(words) {
		text.WriteString("…\n")
	}
	return head + "\n\n" + text.String() + "\n" + legend
}
