package machine_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/leakassert/leakassert/internal/machine"
	"github.com/leakassert/leakassert/internal/names"
	"github.com/leakassert/leakassert/internal/probe"
	"github.com/leakassert/leakassert/internal/report"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// here is a call in this module.
func here() probe.Frame {
	pc, file, line, _ := runtime.Caller(1)
	return probe.Frame{Func: runtime.FuncForPC(pc).Name(), File: file, Line: line}
}

// github sets the variables that GitHub Actions sets, and returns the file of the summary.
func github(t *testing.T) (summary string) {
	machine.Reset()
	summary = filepath.Join(t.TempDir(), "summary.md")
	for name, value := range map[string]string{
		"GITHUB_ACTIONS": "true", "GITHUB_WORKSPACE": filepath.Dir(names.ModuleRoot()), "GITHUB_STEP_SUMMARY": summary,
		"GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": "owner/shop", "GITHUB_SHA": "abc123",
	} {
		t.Setenv(name, value)
	}
	return summary
}

// A workflowCommand is what the runner of GitHub Actions reads from a line, by the rules of its
// ActionCommand.TryParseV2.
type workflowCommand struct {
	name, data string
	properties map[string]string
}

func parse(line string) (c workflowCommand, ok bool) {
	line, ok = strings.CutPrefix(strings.TrimLeft(line, " "), "::")
	if !ok {
		return c, false
	}
	info, data, ok := strings.Cut(line, "::")
	if !ok {
		return c, false
	}
	unescape := func(s string, pairs ...string) string {
		for i := 0; i < len(pairs); i += 2 {
			s = strings.ReplaceAll(s, pairs[i], pairs[i+1])
		}
		return s
	}
	var properties string
	c.name, properties, _ = strings.Cut(info, " ")
	c.properties = make(map[string]string)
	for p := range strings.SplitSeq(properties, ",") {
		if key, value, ok := strings.Cut(p, "="); ok && value != "" {
			c.properties[key] = unescape(value, "%0D", "\r", "%0A", "\n", "%3A", ":", "%2C", ",", "%25", "%")
		}
	}
	c.data = unescape(data, "%0D", "\r", "%0A", "\n", "%25", "%")
	return c, true
}

// annotations are the commands in an output.
func annotations(output string) (all []workflowCommand) {
	for line := range strings.Lines(output) {
		if c, ok := parse(strings.TrimSuffix(line, "\n")); ok {
			all = append(all, c)
		}
	}
	return all
}

func TestAnnotations(t *testing.T) {
	root := names.ModuleRoot()
	at := here()
	inRepository := filepath.ToSlash(filepath.Join(filepath.Base(root), "internal/machine/github_test.go"))
	test := probe.Frame{Func: "example.org/shop.TestX", File: filepath.ToSlash(filepath.Join(root, "shop_test.go")), Line: 5}
	atTest := filepath.ToSlash(filepath.Join(filepath.Base(root), "shop_test.go"))
	for _, c := range []struct {
		why        string
		exit       machine.Exit
		leak       probe.Leak
		command    string
		properties map[string]string
		data       string
	}{
		{"at the leaking line, not at the test", machine.Exit{Test: "TestX", Place: test},
			probe.Leak{Kind: "goroutine", CreatedBy: at, Columns: []string{"chan receive"}, Evidence: []probe.Evidence{{Label: "created by", Columns: []string{"f"}}}},
			"error", map[string]string{"file": inRepository, "line": fmt.Sprint(at.Line), "title": "goroutine leak: TestX"},
			"goroutine  +1  chan receive\n    created by  f"},
		{"at the test, if nothing else is known", machine.Exit{Test: "TestX", Place: test},
			probe.Leak{Kind: "fd", Columns: []string{"/tmp/a"}},
			"error", map[string]string{"file": atTest, "line": "5", "title": "fd leak: TestX"}, "fd         +1  /tmp/a"},
		{"nowhere", machine.Exit{}, probe.Leak{Kind: "fd"},
			"error", map[string]string{"title": "fd leak: no test owns it"}, "fd         +1"},
		{"in another module", machine.Exit{Test: "TestX"},
			probe.Leak{Kind: "goroutine", CreatedBy: probe.Frame{Func: "example.org/m.Start", File: "/root/go/pkg/mod/example.org/m@v1.0.0/m.go", Line: 3}},
			"error", map[string]string{"title": "goroutine leak: TestX"}, "goroutine  +1"},
		{"LEAKTEST=warn", machine.Exit{Test: "TestX", Warned: true}, probe.Leak{Kind: "fd"},
			"warning", map[string]string{"title": "fd leak: TestX"}, "fd         +1"},
		{"what separates the parts of a command", machine.Exit{Test: "Test/a,b=c::d%0A\ne"},
			probe.Leak{Kind: "k", Columns: []string{"100%0A :: , \r\n::error::x"}},
			"error", map[string]string{"title": "k leak: Test/a,b=c::d%0A e"}, `k          +1  100%0A :: , \r\n::error::x`},
	} {
		t.Run(c.why, func(t *testing.T) {
			github(t)
			var out strings.Builder
			c.exit.Output = &out
			machine.Publish(c.exit, report.Report{Leaks: []probe.Leak{c.leak}}, "")
			all := annotations(out.String())
			require.Len(t, all, 1, out.String())
			assert.Equal(t, workflowCommand{c.command, c.data, c.properties}, all[0])
			assert.Equal(t, 1, strings.Count(strings.TrimSpace(out.String()), "\n")+1, "one line")
			assert.True(t, strings.HasPrefix(out.String(), "\n"), "a line that is not ended is ended first")
		})
	}
}

// Ten findings of a package have annotations, each once; a line says that there are more.
func TestAnnotationsAreFew(t *testing.T) {
	github(t)
	var out strings.Builder
	for i := range 30 {
		leaks := []probe.Leak{{Kind: "goroutine", CreatedBy: probe.Frame{Func: "example.org/m.F", File: "/m/m.go", Line: 1 + i/2}}}
		machine.Publish(machine.Exit{Test: "T", Output: &out}, report.Report{Leaks: leaks}, "")
	}
	assert.Len(t, annotations(out.String()), 10)
	assert.Equal(t, 1, strings.Count(out.String(), "leaktest: the leaks of this package after the first 10 are not annotated: the job's summary has all\n"))
	assert.Equal(t, 11, strings.Count(strings.ReplaceAll(out.String(), "\n\n", "\n"), "\n")-1)
}

func TestNothingOutsideOfGitHub(t *testing.T) {
	summary := github(t)
	for _, value := range []string{"", "false"} {
		t.Setenv("GITHUB_ACTIONS", value)
		var out strings.Builder
		machine.Publish(machine.Exit{Test: "T", Output: &out}, report.Report{Leaks: []probe.Leak{{Kind: "k"}}}, "")
		assert.Empty(t, out.String())
		assert.NoFileExists(t, summary)
	}
}

func TestSummary(t *testing.T) {
	summary := github(t)
	at := here()
	tell := func(test string, leaks ...probe.Leak) {
		machine.Publish(machine.Exit{Test: test, Output: new(strings.Builder)}, report.Report{Leaks: leaks}, "")
	}
	require.NoError(t, os.WriteFile(summary, []byte("# Of another step"), 0o644))
	tell("TestX", probe.Leak{Kind: "goroutine", CreatedBy: at, Columns: []string{"chan receive"}})
	tell("TestY/a|b", probe.Leak{Kind: "fd", Columns: []string{"<script>alert(1)</script> `x` *y* [z](javascript:1) a\nb|c"}}, probe.Leak{Kind: "fd", Tests: []string{"TestA"}})
	tell("", probe.Leak{Kind: "k", Tests: []string{"TestA", "TestB", "TestC", "TestD"}})
	got, err := os.ReadFile(summary)
	require.NoError(t, err)
	const pkg = "github.com/leakassert/leakassert/internal/machine"
	place := fmt.Sprintf("[internal/machine/github&#95;test.go:%d](https://github.com/owner/shop/blob/abc123/%s/internal/machine/github_test.go#L%[1]d)", at.Line, filepath.Base(names.ModuleRoot()))
	assert.Equal(t, "# Of another step\n"+
		"\n### Leaks\n\n"+
		"| Package | Test | Leak | Where |\n|---|---|---|---|\n"+
		"| "+pkg+" | TestX | goroutine  +1  chan receive | "+place+" |\n"+
		"| "+pkg+" | TestY/a&#124;b | fd  +1  &#60;script&#62;alert&#40;1&#41;&#60;/script&#62; &#96;x&#96; &#42;y&#42; &#91;z&#93;&#40;javascript:1&#41; a&#92;nb&#124;c |  |\n"+
		"| "+pkg+" | TestY/a&#124;b | fd  +1 |  |\n"+
		"| "+pkg+" | no test owns it: TestA, TestB, TestC | k  +1 |  |\n", string(got))

	f, err := os.OpenFile(summary, os.O_APPEND|os.O_WRONLY, 0)
	require.NoError(t, err)
	_, err = f.WriteString("\nText of another program\n")
	require.NoError(t, err)
	require.NoError(t, f.Close())
	tell("TestZ", probe.Leak{Kind: "k"})
	got, err = os.ReadFile(summary)
	require.NoError(t, err)
	assert.Equal(t, 2, strings.Count(string(got), "| Package |"), "what follows is a table of its own")
	assert.True(t, strings.HasSuffix(string(got), "Text of another program\n\n### Leaks\n\n| Package | Test | Leak | Where |\n|---|---|---|---|\n| "+pkg+" | TestZ | k  +1 |  |\n"))
}

// GitHub drops a summary of more than 1 MiB.
func TestSummaryIsBounded(t *testing.T) {
	summary := github(t)
	leaks := make([]probe.Leak, 1000)
	for i := range leaks {
		leaks[i] = probe.Leak{Kind: "k", Columns: []string{strings.Repeat("*", 300)}}
	}
	for range 4 {
		machine.Publish(machine.Exit{Test: "T", Output: new(strings.Builder)}, report.Report{Leaks: leaks}, "")
	}
	got, err := os.ReadFile(summary)
	require.NoError(t, err)
	assert.Less(t, len(got), 1<<20)
	assert.Greater(t, len(got), 800<<10)
	assert.True(t, strings.HasSuffix(string(got), " |\n"), "the last row is whole")
}
