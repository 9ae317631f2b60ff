package machine

import (
	"errors"
	"os"
	"path/filepath"

	"github.com/leakassert/leakassert/internal/probe"
	"github.com/leakassert/leakassert/leaktest/finding"
)

// keepArtifacts writes the report of a test, its findings, and a page and profiles of them to the
// test's folder, if go test has -artifacts. A test with several checks that fail has one report after
// the other.
func keepArtifacts(t any, found []finding.Finding, text string) error {
	a, ok := t.(interface{ ArtifactDir() string })
	if !ok || !probe.FlagSet("test.artifacts") {
		return nil
	}
	dir := a.ArtifactDir()
	report, err := os.OpenFile(filepath.Join(dir, "leaks.txt"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err == nil {
		_, err = report.WriteString(text + "\n")
		err = errors.Join(err, report.Close())
	}
	if err = errors.Join(err, writeLines(filepath.Join(dir, linesFile), found)); err != nil {
		return err
	}
	_, err = produce(dir)
	return err
}
