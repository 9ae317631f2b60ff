package machine

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/leakassert/leakassert/internal/names"
	"github.com/leakassert/leakassert/leaktest/finding"
)

// mostSummary is the length up to which rows are added to a summary, in bytes. GitHub drops the
// summary of a step if it is longer than 1 MiB.
const mostSummary = 900 << 10

const summaryHeader = "| Package | Test | Leak | Where |\n|---|---|---|---|\n"

// summarize adds findings to the table in the summary of the step, for which GitHub Actions names a
// file. All processes of a step add rows to one table.
func summarize(found []finding.Finding) {
	file := os.Getenv("GITHUB_STEP_SUMMARY")
	if file == "" {
		return
	}
	left := 0
	err := add(file, func(f *os.File, size int64) ([][]byte, error) {
		before, err := text(f, size)
		if err != nil {
			return nil, err
		}
		var b strings.Builder
		if !endsInTable(before) {
			b.WriteString("\n### Leaks\n\n" + summaryHeader)
		}
		rows := 0
		for _, f := range found {
			if r := row(f); size+int64(b.Len()+len(r)) > mostSummary {
				left++
			} else {
				b.WriteString(r)
				rows++
			}
		}
		if rows == 0 {
			return nil, nil
		}
		return [][]byte{[]byte(b.String())}, nil
	})
	switch {
	case err != nil:
		complain("GITHUB_STEP_SUMMARY=%s: the findings are not written: %v", file, reason(err))
	case left > 0:
		complain("GITHUB_STEP_SUMMARY=%s is full: it does not have all findings", file)
	}
}

// endsInTable reports whether a summary ends with the table.
func endsInTable(text string) bool {
	i := strings.LastIndex(text, summaryHeader)
	if i < 0 || !strings.HasSuffix(text, "\n") {
		return false
	}
	rows := strings.Split(strings.TrimSuffix(text[i:], "\n"), "\n")
	return !slices.ContainsFunc(rows, func(r string) bool { return !strings.HasPrefix(r, "|") })
}

func row(f finding.Finding) string {
	test := f.Test
	if test == "" {
		test = "no test owns it"
		if len(f.Tests) > 0 {
			test += ": " + strings.Join(f.Tests[:min(3, len(f.Tests))], ", ")
		}
	}
	return fmt.Sprintf("| %s | %s | %s | %s |\n", cell(f.Package), cell(test), cell(f.Text), where(f))
}

// where returns the place of a finding, with a link to it if it is in the repository.
func where(f finding.Finding) string {
	at := cell(f.Site())
	server, repository, commit := os.Getenv("GITHUB_SERVER_URL"), os.Getenv("GITHUB_REPOSITORY"), os.Getenv("GITHUB_SHA")
	if f.Place == nil || !f.Place.InModule || server == "" || repository == "" || commit == "" {
		return at
	}
	file, ok := names.Below(os.Getenv("GITHUB_WORKSPACE"), f.Root, f.Place.File)
	if !ok || len(file) > longestPath {
		return at
	}
	return fmt.Sprintf("[%s](%s#L%d)", at, link(server, repository, commit, file), f.Place.Line)
}
