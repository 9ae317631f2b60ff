package session

import (
	"fmt"
	"slices"
	"strings"

	"github.com/leakassert/leakassert/internal/baseline"
	"github.com/leakassert/leakassert/internal/pipeline"
	"github.com/leakassert/leakassert/internal/plan"
	"github.com/leakassert/leakassert/internal/probe"
	"github.com/leakassert/leakassert/internal/report"
)

// KnownLeaks returns the leaks that are known, nil if the options name no file.
func KnownLeaks(p plan.Plan, e Env) (*baseline.List, error) {
	if p.Baseline == "" {
		return nil, nil
	}
	return baseline.Open(p.Baseline, e.Baseline)
}

// beginRun begins to count what the test leaks, or goes on if another check of the test has begun. The
// first check of a test counts to the end of the test.
func (s *Session) beginRun(scope probe.Scope) {
	if s.Known == nil || s.run != nil {
		return
	}
	var begun bool
	s.run, begun = s.Known.Run(s.T, s.T.Name())
	switch {
	case !begun:
	case scope.ToEnd, scope.FromStart:
		s.endRun = true
	default:
		s.T.Cleanup(func() { s.finishRun(!s.Beyond()) })
	}
}

// judged reports whether the check has judged all that it watches, and notes the kinds.
func (s *Session) judged(o pipeline.Outcome, f pipeline.Findings) bool {
	if s.run == nil || o == pipeline.NoVerdict || o == pipeline.Abandoned || f.Void {
		return false
	}
	if slices.ContainsFunc(f.Notes, func(n pipeline.Note) bool { return n.Fault }) || f.Parked && suite.Load() == nil {
		return false
	}
	if s.judges == nil {
		s.judges = s.Plan.Probes
	}
	s.run.Judged(s.judges)
	return true
}

// unknown returns the leaks that are not known, and keeps the lines that the file would need for them.
func (s *Session) unknown(leaks []probe.Leak) []probe.Leak {
	if s.run == nil {
		return leaks
	}
	left, lines := s.run.New(leaks, s.Grows != "")
	s.lines, s.passed = lines, len(left) == 0 && len(leaks) > 0
	return left
}

// aboutVerdict leaves out notes on the evidence of leaks that are all known.
func (s *Session) aboutVerdict(notes []string) []string {
	if !s.passed {
		return notes
	}
	return slices.DeleteFunc(slices.Clone(notes), func(n string) bool {
		return !strings.Contains(n, "not judged") && !strings.Contains(n, "not all seen")
	})
}

// finishRun ends the count. Without a suite it reports the lines of the test that are stale.
func (s *Session) finishRun(judged bool) {
	s.T.Helper()
	stale, err := s.run.End(judged, hasSubtests(s.T))
	if err != nil {
		s.T.Errorf("%v", err)
	}
	if len(stale) == 0 {
		return
	}
	text := fmt.Sprintf("%s: known leaks are gone\n\n%s", s.T.Name(), Listed(stale))
	if s.Env.Warn {
		s.log(text)
		Warn(s.T.Name(), text)
		return
	}
	s.T.Errorf("%s", text)
}

// Listed writes lines, the last one apart.
func Listed(lines []string) string {
	var text strings.Builder
	last := len(lines) - 1
	for _, line := range report.Bounded(lines[:last], "lines of known leaks") {
		text.WriteString(report.Name(line) + "\n")
	}
	return text.String() + "\n" + report.Printable(lines[last])
}
