package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

const module = "github.com/leakassert/leakassert"

// A stop is one example: the test that must fail and what its report must say.
type stop struct {
	title, story string
	// pkg is the package's folder in examples.
	pkg, test string
	says      []string
	env       string // is set for the test
}

// name is what -only takes: services/sqlite is sqlite.
func (s stop) name() string {
	return strings.ReplaceAll(strings.TrimPrefix(s.pkg, "services/"), "/", "-")
}

// A visit is what was seen at a stop.
type visit struct {
	report  string // of the leaking form
	missed  error  // says why the leak does not count as caught
	mended  string // is what the tests of the mended form print if they fail
	blamed  error  // says how they failed
	passed  bool   // says that they ran and passed
	skipped string // says why the test did not run
}

// A tour builds and runs the tests of examples.
type tour struct {
	root, bin string // folders of the module, and of test binaries
	mended    bool
	seats     chan struct{} // bound how many tests run at the same time
}

func newTour(mended bool) (*tour, error) {
	out, err := exec.Command("go", "list", "-m", "-f={{.Dir}}", module).Output()
	if err != nil {
		return nil, fmt.Errorf("the folder of %s is not known: start the tour in a checkout: %w", module, err)
	}
	bin, err := os.MkdirTemp("", "tour")
	if err != nil {
		return nil, err
	}
	return &tour{root: strings.TrimSpace(string(out)), bin: bin, mended: mended, seats: make(chan struct{}, 4)}, nil
}

func (t *tour) close() { os.RemoveAll(t.bin) }

// folder is that of a package in examples.
func (t *tour) folder(pkg string) string {
	return filepath.Join(t.root, "examples", filepath.FromSlash(pkg))
}

// visit runs the tests of a stop, and calls built when they are compiled.
func (t *tour) visit(s stop, built func()) (v visit) {
	binary := filepath.Join(t.bin, strings.ReplaceAll(s.pkg, "/", "-")+".test")
	out, err := exec.Command("go", "test", "-C", t.folder(s.pkg), "-tags=leaking", "-c", "-o", binary, ".").CombinedOutput()
	built()
	if err != nil {
		return visit{report: string(out), missed: fmt.Errorf("the tests can't be built: %w", err)}
	}
	t.seats <- struct{}{}
	defer func() { <-t.seats }()
	test := "-test.run=^" + s.test + "$"
	if v.report, err = t.run(s, binary, test); err == nil {
		if said, _ := t.run(s, binary, test, "-test.v"); strings.Contains(said, "--- SKIP: "+s.test) {
			return visit{skipped: reason(said)}
		} else if !strings.Contains(said, "--- PASS: "+s.test) {
			v.report = said
		}
	}
	v.missed = s.caught(v.report, err)
	if t.mended {
		if v.mended, v.blamed = t.run(s, binary, "-test.skip=^TestLeaking[^/]*$"); v.blamed == nil {
			v.mended, v.passed = "", true
		}
	}
	return v
}

func (t *tour) run(s stop, binary string, args ...string) (output string, err error) {
	cmd := exec.Command(binary, append(args, "-test.timeout=5m")...) // a test binary by itself has no limit
	cmd.Dir = t.folder(s.pkg)
	cmd.Env = append(os.Environ(), "PWD="+cmd.Dir)
	if s.env != "" {
		cmd.Env = append(cmd.Env, s.env)
	}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err = cmd.Run()
	return out.String(), err
}

// caught says why the output of the leaking test does not show that the leak was caught.
func (s stop) caught(output string, err error) error {
	var exit *exec.ExitError
	switch {
	case err == nil && strings.Contains(output, "no tests to run"):
		return fmt.Errorf("there is no test %s", s.test)
	case err == nil:
		return errors.New("the test passes")
	case !errors.As(err, &exit):
		return fmt.Errorf("the test can't be run: %w", err)
	case !strings.Contains(output, "--- FAIL: "+s.test):
		return errors.New("the test did not run to its end")
	}
	for _, says := range s.says {
		if !strings.Contains(output, says) {
			return fmt.Errorf("the report does not say %q", says)
		}
	}
	return nil
}

// reason is the line that says why a test was skipped.
func reason(output string) string {
	for line := range strings.Lines(output) {
		if _, text, found := strings.Cut(line, "_test.go:"); found {
			_, text, _ = strings.Cut(text, ": ")
			return strings.TrimSpace(text)
		}
	}
	return "the test skips itself"
}
