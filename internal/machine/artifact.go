package machine

import (
	"errors"
	"fmt"
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
	dir, err := folder(a)
	if err != nil {
		return err
	}
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

// folder returns the test's folder for artifacts. If there can be none, as on a full disk, T.ArtifactDir fails the
// test and ends the goroutine that calls it: the report would be lost.
func folder(a interface{ ArtifactDir() string }) (dir string, err error) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		err = errors.New("there is no such folder")
		defer func() {
			if p := recover(); p != nil {
				err = fmt.Errorf("panic: %v", p)
			}
		}()
		dir, err = a.ArtifactDir(), nil
	}()
	<-done
	return dir, err
}
