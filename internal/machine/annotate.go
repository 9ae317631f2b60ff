package machine

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"

	"github.com/leakassert/leakassert/internal/names"
	"github.com/leakassert/leakassert/internal/probe"
	"github.com/leakassert/leakassert/internal/report"
	"github.com/leakassert/leakassert/leaktest/finding"
)

// mostAnnotated is how many findings of a process have annotations. GitHub shows ten of a step.
const mostAnnotated = 10

// longestPath is the length of the longest name of a file, in bytes: PATH_MAX of Linux.
const longestPath = 4096

// annotated has the findings of this process with annotations.
var annotated struct {
	sync.Mutex
	of map[string]bool
}

// annotate prints findings as workflow commands, from which GitHub makes annotations. A command must
// begin its line, behind spaces at most: the runner's ActionCommand.TryParseV2 trims them. go test
// passes on what a test prints and what the process writes to standard error.
func annotate(e Exit, found []finding.Finding, leaks []probe.Leak) {
	var b strings.Builder
	for i, f := range found {
		switch n := reserve(f); {
		case n < mostAnnotated:
			b.WriteString("\n" + command(e, f, leaks[i])) // a newline, as the test may have printed half a line
		case n == mostAnnotated:
			fmt.Fprintf(&b, "\nleaktest: the leaks of this package after the first %d are not annotated: the job's summary has all", mostAnnotated)
		}
	}
	if b.Len() > 0 {
		io.WriteString(output(e), b.String()+"\n")
	}
}

// reserve returns the number of annotations before that of a finding, -1 if the finding has one
// already, as in the second run of -count=2, and more than mostAnnotated if the limit is known.
func reserve(f finding.Finding) int {
	annotated.Lock()
	defer annotated.Unlock()
	key := f.Test + "\n" + f.Fingerprint + "\n" + f.Site()
	n := len(annotated.of)
	switch {
	case annotated.of[key]:
		return mostAnnotated + 1
	case n > mostAnnotated:
		return n
	case annotated.of == nil:
		annotated.of = make(map[string]bool)
	}
	annotated.of[key] = true
	return n
}

// output is where commands are printed: among the output of the test, so that go test -json and
// what reads it take them for the test's. What a passing test prints is not shown without -v, so a
// warning goes to standard error, like what no test owns. Standard output is no place for them: while
// an example runs it is what the example must print.
func output(e Exit) io.Writer {
	if e.Output != nil {
		return e.Output
	}
	if t, ok := e.T.(interface{ Output() io.Writer }); ok && !e.Warned {
		return t.Output()
	}
	return os.Stderr
}

// command returns a workflow command for a finding.
func command(e Exit, f finding.Finding, l probe.Leak) string {
	name := "error"
	if e.Warned {
		name = "warning"
	}
	var at string
	for _, p := range []*finding.Frame{f.Place, f.TestPlace} { // better at the test than nowhere
		if p == nil || !p.InModule {
			continue
		}
		if file, ok := names.Below(os.Getenv("GITHUB_WORKSPACE"), f.Root, p.File); ok && len(file) <= longestPath {
			at = fmt.Sprintf("file=%s,line=%d,", property(file), p.Line)
			break
		}
	}
	title := fmt.Sprintf("%s leak: %s", clip(f.Kind), clip(cmp.Or(f.Test, "no test owns it")))
	return fmt.Sprintf("::%s %stitle=%s::%s", name, at, property(title), data(clip(report.Finding(l))))
}

var (
	dataEscapes     = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	propertyEscapes = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)

// data and property escape the two parts of a workflow command.
func data(text string) string     { return dataEscapes.Replace(text) }
func property(text string) string { return propertyEscapes.Replace(oneLine(text)) }
