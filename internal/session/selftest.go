package session

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/leakassert/leakassert/internal/pipeline"
	"github.com/leakassert/leakassert/internal/plan"
	"github.com/leakassert/leakassert/internal/probe"
	"github.com/leakassert/leakassert/internal/report"
)

// plantings are the leaks of a selftest that a check can plant, and the kinds of which it can't.
type plantings struct {
	known   []probe.Planting
	unknown []string
}

// of returns the configuration with probes that can leak on purpose. The check waits only as long as
// it takes to look several times.
func (p *plantings) of(config plan.Config) plan.Config {
	*p = plantings{}
	config.Probes = slices.Clone(config.Probes)
	for i, q := range config.Probes {
		if planter, ok := q.(probe.Planter); ok {
			var leak probe.Planting
			config.Probes[i], leak = planter.Planting()
			p.known = append(p.known, leak)
		} else if !slices.ContainsFunc(p.known, func(leak probe.Planting) bool { return leak.Name == q.Kind() }) {
			p.unknown = append(p.unknown, q.Kind())
		}
	}
	config.Settle = min(config.Settle, 100*time.Millisecond)
	return config
}

// selftest leaks one resource of each kind that the check watches, ends the check, and says whether
// the check has found them. What else the check finds is not reported.
func (s *Session) selftest() {
	s.T.Helper()
	is := make([]func(probe.Leak) bool, len(s.plantings.known))
	errs := make([]error, len(is))
	for i, p := range s.plantings.known {
		var undo func()
		if is[i], undo, errs[i] = p.Leak(); errs[i] == nil {
			defer undo()
		}
	}
	f := s.Check.Finish(pipeline.Returned)
	caught, missed := []string{}, []string{}
	for i, p := range s.plantings.known {
		switch {
		case errs[i] != nil:
			missed = append(missed, fmt.Sprintf("%s ✗ (%v)", p.Name, errs[i]))
		case slices.ContainsFunc(f.Leaks, func(l pipeline.Attributed) bool { return is[i](l.Leak) }):
			caught = append(caught, p.Name+" ✓")
		default:
			missed = append(missed, p.Name+" ✗")
		}
	}
	for _, kind := range s.plantings.unknown {
		caught = append(caught, kind+" not tried")
	}
	subject := report.Name(s.T.Name()) + " "
	if s.Main {
		subject = ""
	}
	if len(caught) > 0 {
		fmt.Fprintf(os.Stderr, "%swould have caught: %s\n", subject, report.Printable(strings.Join(caught, "  ")))
	}
	if len(missed) == 0 {
		return
	}
	text := fmt.Sprintf("%swould not have caught: %s", subject, report.Printable(strings.Join(missed, "  ")))
	if used := s.Plan.Used(); len(used) > 0 {
		text += ". Leaks were left out by " + strings.Join(used, ", ")
	}
	for _, n := range f.Notes {
		text += "\nnote: " + report.Name(n.Text)
	}
	if s.Fail != nil {
		s.Fail(s, text)
	} else {
		s.T.Errorf("%s", text)
	}
}

// inChild marks the process in which a selftest plants leaks.
const inChild = "LEAKTEST_SELFTEST_CHILD"

// With LEAKTEST=selftest this process only starts another one of the same binary, before TestMain has
// set anything up. Tests run there one at a time, so that each check judges its own leaks.
func init() {
	if e, err := Environment(); err != nil || !e.Selftest || !testing.Testing() || os.Getenv(inChild) != "" {
		return
	}
	os.Exit(runChild())
}

func runChild() (code int) {
	self, err := os.Executable()
	if err == nil {
		child := exec.Command(self, append([]string{"-test.parallel=1"}, os.Args[1:]...)...)
		child.Env = append(os.Environ(), inChild+"=1")
		child.Stdin, child.Stdout, child.Stderr = os.Stdin, os.Stdout, os.Stderr
		err = child.Run()
	}
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit) && exit.ExitCode() > 0:
		return exit.ExitCode()
	}
	fmt.Fprintf(os.Stderr, "leaktest: LEAKTEST=selftest: the process that plants leaks: %v\n", err)
	return 2
}
