package leaktest_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// reportOf is the output of a test from its report's heading to its last line, under go test -json.
func reportOf(t *testing.T, b *binary, test string, env ...string) (report []event) {
	for _, e := range b.events(t, append(env, "GITHUB_ACTIONS=", "LEAKTEST=settle=10ms")) {
		if e.Action != "output" || e.Test != test {
			continue
		}
		if strings.Contains(e.Output, " leaked (") || len(report) > 0 {
			report = append(report, e)
		}
		if strings.Contains(e.Output, "+ open at the end") {
			return report
		}
	}
	t.Fatalf("%s has no report", test)
	return nil
}

// Under go test -json a test's report names the same line as without it.
func TestReportInJSON(t *testing.T) {
	t.Parallel()
	output, _ := casesBinary.run(t, []string{"CASE=leaks", "LEAKTEST=settle=10ms"})
	report := reportOf(t, casesBinary, "TestLeaks", "CASE=leaks")
	require.Contains(t, report[0].Output, "main_test.go:")
	assert.Contains(t, output, report[0].Output)
	assert.Contains(t, output, report[2].Output)
}
