// Package secondrun runs a failing test a second time, in a child process whose source records the
// stores into what holds the leaks.
package secondrun

import (
	"bytes"
	"embed"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/leakassert/leakassert/internal/names"
	"github.com/leakassert/leakassert/internal/rebuild"
	"github.com/leakassert/leakassert/internal/stored"
)

// rewriter is the source of the command that rewrites the module under test. It is built when it is
// needed: type checking would make every test binary larger, and go mod vendor leaves commands out.
//
//go:embed rewrite/main.go rewrite/wanted.go rewrite/edits.go rewrite/stores.go
var rewriter embed.FS

// Each of the commands, to rewrite, to build and to run, has this long.
const (
	most      = time.Minute
	leastTime = time.Second
)

var errNoTime = errors.New("no time for a second run before the timeout of the test")

// Find runs a test a second time and returns who stores into each of some containers that a failing
// check of the test has found.
func Find(test string, containers []stored.Container) []Result {
	known := slices.DeleteFunc(slices.Clone(containers), func(c stored.Container) bool { return len(c.Places) == 0 })
	var all []stored.Answer
	var err error
	if len(known) > 0 {
		all, err = secondRun(test, known)
	}
	results := make([]Result, len(containers))
	for i, c := range containers {
		if results[i] = result(all, test, c); err != nil && len(c.Places) > 0 {
			results[i].Err = err
		}
	}
	return results
}

// one is held by the second run that goes on. A build keeps all processors busy, and each has its time.
var one sync.Mutex

func secondRun(test string, containers []stored.Container) ([]stored.Answer, error) {
	one.Lock()
	defer one.Unlock()
	selects := rebuild.Selecting(test)
	if selects == nil {
		return nil, fmt.Errorf("%s is no test that go test can run by its name", test)
	}
	if rebuild.UntilTimeout() < leastTime {
		return nil, errNoTime
	}
	flags, env, err := rebuild.Settings()
	if err != nil {
		return nil, err
	}
	tool, err := rebuild.Go()
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp("", "leakassert-stored-")
	if err != nil {
		return nil, fmt.Errorf("no folder for a second build in TMPDIR=%s: %w", os.TempDir(), errors.Unwrap(err))
	}
	defer os.RemoveAll(folder)
	s := second{tool: tool, folder: folder, env: env}
	s.flags = slices.DeleteFunc(flags, func(flag string) bool { return strings.HasPrefix(flag, "-cover") })
	if err := s.rewrite(containers); err != nil {
		return nil, err
	}
	if err := s.build(); err != nil {
		return nil, err
	}
	return s.run(test, selects)
}

// A second is a second run of the test.
type second struct {
	tool, folder string
	flags, env   []string // of the go command
}

func (s *second) file(name string) string { return filepath.Join(s.folder, name) }

// command returns a command that runs in the folder of the package.
func (s *second) command(tool string, args ...string) *exec.Cmd {
	c := exec.Command(tool, args...)
	c.Dir, c.Env = rebuild.Dir(), slices.Clip(s.env)
	return c
}

// limited gives a command the time that there is.
func (s *second) limited(what string, run func(*exec.Cmd, time.Duration) error, c *exec.Cmd) error {
	limit := min(most, rebuild.UntilTimeout())
	if limit < leastTime {
		return errNoTime
	}
	err := run(c, limit)
	if late := (*rebuild.TimeoutError)(nil); errors.As(err, &late) {
		return fmt.Errorf("%s %w", what, err)
	}
	return err
}

// rewrite builds the command rewrite and runs it.
func (s *second) rewrite(containers []stored.Container) error {
	entries, err := rewriter.ReadDir("rewrite")
	if err != nil {
		return err
	}
	// The flags of the test are not those of the command.
	program, source := s.file("rewrite.exe"), s.file("rewrite")
	build := s.command(s.tool, "build", "-trimpath", "-o", program, ".")
	build.Env = append(build.Env, "GOFLAGS=-buildvcs=false", "GOWORK=off", "GO111MODULE=on", "CGO_ENABLED=0", "PWD="+source)
	build.Dir = source
	files := map[string][]byte{"go.mod": []byte("module rewrite\n\ngo 1.26\n")}
	for _, e := range entries {
		if files[e.Name()], err = rewriter.ReadFile("rewrite/" + e.Name()); err != nil {
			return err
		}
	}
	if err := os.Mkdir(source, 0o700); err != nil {
		return err
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(source, name), text, 0o600); err != nil {
			return err
		}
	}
	if err := s.limited("it", rebuild.Build, build); err != nil {
		return fmt.Errorf("the command that rewrites the source can't be built: %w", err)
	}
	var targets bytes.Buffer
	if err := csv.NewWriter(&targets).WriteAll(wanted(containers)); err != nil {
		return err
	}
	if err := os.WriteFile(s.file("targets.csv"), targets.Bytes(), 0o600); err != nil {
		return err
	}
	c := s.command(program, append([]string{s.folder}, s.flags...)...)
	return s.limited("the rewriting of the source", rebuild.Build, c)
}

// wanted returns what the command rewrite reads: the function that records, the packages that it must
// leave alone, and the containers with their links. Each has a place.
func wanted(containers []stored.Container) (rows [][]string) {
	rows = append(rows, []string{"record", names.Module + "internal/stored.Record"})
	for _, path := range names.Library() {
		rows = append(rows, []string{"skip", path})
	}
	for _, c := range containers {
		rows = append(rows, append([]string{"place"}, c.Places[0].Row()...)) // what it lies in tells nothing
		for _, d := range c.Links {
			rows = append(rows, append([]string{"link"}, d.Row()...))
		}
	}
	return rows
}

// build builds the test with the rewritten source.
func (s *second) build() error {
	args := slices.Concat([]string{"test", "-c", "-vet=off", "-o", s.file("stored.test"), "-overlay", s.file("overlay.json")}, s.flags)
	if err := s.limited("it", rebuild.Build, s.command(s.tool, append(args, ".")...)); err != nil {
		return fmt.Errorf("the rewritten source can't be built: %w", err)
	}
	return nil
}

// run runs the test. What it prints is not shown.
func (s *second) run(test string, selects []string) ([]stored.Answer, error) {
	c := s.command(s.file("stored.test"), slices.Concat(rebuild.OtherFlags(os.Args[1:]), selects)...)
	c.Env = append(rebuild.Env(), "PWD="+rebuild.Dir(), "LEAKTEST="+withoutWord(os.Getenv("LEAKTEST")), stored.Variable+"="+s.folder)
	err := s.limited("the second run of the test", rebuild.Run, c)
	all := stored.ReadAnswers(s.folder)
	exit := (*exec.ExitError)(nil)
	switch {
	case len(all) > 0: // even if it has not ended in time
		return all, nil
	case err == nil && !s.knows(test):
		return nil, fmt.Errorf("go test knows no test with the name %s", test)
	case err == nil:
		return nil, errors.New("the test passes when it runs a second time, alone")
	case errors.As(err, &exit) && exit.ExitCode() == 1:
		return nil, errOtherHolder
	case errors.As(err, &exit):
		return nil, fmt.Errorf("the second run of the test has ended by itself: %w", err)
	}
	return nil, err
}

// knows reports whether the binary has a test, which may be one of the parts of another. If it can't be
// asked, it has.
func (s *second) knows(test string) bool {
	whole, _, _ := strings.Cut(test, "/")
	file, err := os.Create(s.file("tests"))
	if err != nil {
		return true
	}
	defer file.Close()
	c := s.command(s.file("stored.test"), "-test.list=^"+regexp.QuoteMeta(whole)+"$")
	c.Env, c.Stdout = append(rebuild.Env(), "PWD="+rebuild.Dir(), "LEAKTEST="), file
	if s.limited("", rebuild.Run, c) != nil {
		return true
	}
	text, err := os.ReadFile(file.Name())
	return err != nil || slices.Contains(strings.Split(string(text), "\n"), whole)
}
