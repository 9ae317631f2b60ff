package leaktest

import (
	"cmp"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/leakassert/leakassert/internal/bisect"
	"github.com/leakassert/leakassert/internal/session"
)

// bisectIfAsked makes of this process the parent of a bisection, before TestMain has set anything up.
func bisectIfAsked() {
	e, err := session.Environment()
	if err != nil || !e.Bisect || bisect.IsChild() {
		return
	}
	words := slices.DeleteFunc(strings.Split(os.Getenv("LEAKTEST"), ","), func(w string) bool {
		key, _, _ := strings.Cut(strings.TrimSpace(w), "=")
		return key == "bisect" || key == "json" || key == "report" // the same leaks would be passed on by each process
	})
	os.Exit(bisect.Run(strings.Join(words, ","), os.Stderr))
}

// choose leaves out of m what a child of a bisection is not to run.
func (s *suite) choose(m *testing.M) error {
	if s.record == nil {
		return nil
	}
	tests, err1 := field[[]testing.InternalTest](m, "tests")
	examples, err2 := field[[]testing.InternalExample](m, "examples")
	targets, err3 := field[[]testing.InternalFuzzTarget](m, "fuzzTargets")
	if err := cmp.Or(err1, err2, err3); err != nil {
		return err
	}
	*tests = slices.DeleteFunc(slices.Clone(*tests), func(t testing.InternalTest) bool { return !s.record.Runs(t.Name) })
	*examples = slices.DeleteFunc(slices.Clone(*examples), func(e testing.InternalExample) bool { return !s.record.Runs(e.Name) })
	*targets = slices.DeleteFunc(slices.Clone(*targets), func(t testing.InternalFuzzTarget) bool { return !s.record.Runs(t.Name) })
	return nil
}
