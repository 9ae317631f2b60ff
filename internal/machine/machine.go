// Package machine passes findings on: as JSON lines, as a page and profiles in a folder, as attributes
// of the test, and as annotations and a summary of GitHub Actions. It runs only for a check that has
// found leaks.
package machine

import (
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync"

	"github.com/leakassert/leakassert/internal/probe"
	"github.com/leakassert/leakassert/internal/report"
	"github.com/leakassert/leakassert/leaktest/finding"
)

// An Exit is where findings leave the library.
type Exit struct {
	// JSON is the file for JSON lines, Report the folder for a page, profiles and lines; "" for none.
	JSON, Report string
	// More means that others may follow, and that Flush will be called after the last.
	More bool
	// T is the test that reports the findings, nil if no test owns them.
	T any
	// Test is the test's name, "" if no test owns the findings.
	Test string
	// Place is where the test's function is, or where it calls the check, if that is known.
	Place probe.Frame
	// Output is where annotations are printed, nil for the output of the test.
	Output io.Writer
	// Warned means that the findings fail nothing.
	Warned bool
}

// Publish passes on what a report says. text is the whole report. Publish never fails: if it can't write
// somewhere, it says so in one line on standard error.
func Publish(e Exit, r report.Report, text string) {
	if len(r.Leaks) == 0 {
		return
	}
	defer func() {
		if p := recover(); p != nil {
			complain("findings are not passed on to programs: panic: %v", p)
		}
	}()
	leaks := probe.Join(r.Leaks)
	found := findings(e, r, leaks, text)
	if e.JSON != "" {
		if err := writeLines(e.JSON, found); err != nil {
			complain("LEAKTEST=json=%s: the findings are not written: %v", e.JSON, reason(err))
		}
	}
	if e.Report != "" {
		addToFolder(e.Report, found, e.More)
	}
	if err := keepArtifacts(e.T, found, text); err != nil {
		complain("%s: the findings are not written to the folder of -artifacts: %v", e.Test, reason(err))
	}
	attribute(e.T, found)
	if os.Getenv("GITHUB_ACTIONS") == "true" {
		annotate(e, found, leaks)
		summarize(found)
	}
}

// written has the findings that this process has written as a worker of the fuzzing engine, which
// runs a failing input hundreds of times to make it smaller.
var written sync.Map

// writeLines appends findings to a file as JSON lines.
func writeLines(file string, found []finding.Finding) error {
	var all [][]byte
	for _, f := range found {
		if probe.FlagSet("test.fuzzworker") {
			if _, before := written.LoadOrStore(f.Test+"\n"+f.Fingerprint, true); before {
				continue
			}
		}
		line, err := json.Marshal(f)
		if err == nil && len(line) > longest {
			line, err = json.Marshal(short(f))
		}
		if err != nil {
			return err
		}
		all = append(all, append(line, '\n'))
	}
	return add(file, func(*os.File, int64) ([][]byte, error) { return all, nil })
}

// longest is the length of the longest line that is written, in bytes. Package finding reads lines
// twice as long.
const longest = 32 << 20

// short returns a finding without what can be long.
func short(f finding.Finding) finding.Finding {
	return finding.Finding{
		Version: f.Version, Kind: clip(f.Kind), Fingerprint: clip(f.Fingerprint), Test: clip(f.Test), Program: clip(f.Program), Warned: f.Warned,
		Package: f.Package, Module: f.Module, Root: f.Root,
		Count: f.Count, Unit: clip(f.Unit), Bytes: f.Bytes, Proven: f.Proven, Forgotten: f.Forgotten,
		Notes: []string{"the line of this finding was too long: most of what is known is left out"},
		Text:  clip(f.Text),
	}
}

// said has the complaints of this process.
var said sync.Map

// complain writes a line to standard error, once.
func complain(format string, args ...any) {
	line := oneLine("leaktest: " + fmt.Sprintf(format, args...))
	if _, before := said.LoadOrStore(line, true); !before {
		fmt.Fprintln(os.Stderr, line)
	}
}

// reason returns an error without the name of the file, which the message has already.
func reason(err error) error {
	switch of := err.(type) {
	case *fs.PathError:
		return of.Err
	case *os.LinkError:
		return of.Err
	}
	return err
}
