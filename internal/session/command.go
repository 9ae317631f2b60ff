package session

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"

	"github.com/leakassert/leakassert/internal/fdprobe"
	"github.com/leakassert/leakassert/internal/goprobe"
	"github.com/leakassert/leakassert/internal/pipeline"
	"github.com/leakassert/leakassert/internal/plan"
	"github.com/leakassert/leakassert/internal/probe"
	"github.com/leakassert/leakassert/internal/procfd"
	"github.com/leakassert/leakassert/internal/program"
	"github.com/leakassert/leakassert/internal/report"
	"github.com/leakassert/leakassert/internal/window"
)

// A Command is one program that a test runs and judges.
type Command struct {
	mu      sync.Mutex
	s       *Session
	config  plan.Config
	kinds   []string // to watch; nil if nothing is judged
	program *program.Program
	check   *pipeline.Check
	begun   bool // there is a snapshot to compare descriptors and goroutines with
	stopped bool
	unseen  string // why goroutines are not seen
}

// StartCommand starts a program that is stopped in t's cleanups, or earlier by Stop. If it can't be
// started, the test fails, and StartCommand returns nil.
func StartCommand(t TB, by string, cmd *exec.Cmd, options func() plan.Plan) *Command {
	t.Helper()
	c := &Command{}
	from := callers()
	var err error
	if c.s, err = New(t, options); err == nil && !c.s.Off() {
		err = c.prepare(by)
	}
	if err != nil {
		complain(t, err.Error())
	}
	c.s.from = from // where the test is
	ctx := program.TestContext(t)
	over := func() bool { return ctx != nil && ctx.Err() != nil }
	if c.program, err = program.Start(cmd, c.s.Plan.Settle, c.s.Env.Trace, over); err != nil {
		t.Errorf("%s: %s: %v", by, cmd.Path, err)
		return nil
	}
	c.s.Program = c.program.Name
	c.begin(false)
	t.Cleanup(func() { t.Helper(); c.Stop(program.Terminate) })
	return c
}

// prepare takes over the options that a program can obey. Filters of Main are for the test's process.
func (c *Command) prepare(by string) error {
	config := c.s.Plan.Own()
	for _, p := range config.Probes {
		kind := p.Kind()
		if !slices.Contains([]string{goprobe.Kind, fdprobe.Kind, program.Kind}, kind) {
			return fmt.Errorf("%s: another process does not show this kind: %s: leave its option out", by, kind)
		}
		c.kinds = append(c.kinds, kind)
	}
	if local := c.s.Plan.Local; len(local) > 0 {
		c.kinds = nil
		return fmt.Errorf("%s: %s decides about goroutines of the test's process only: use IgnoreFunc and IgnoreCreatedBy", by, strings.Join(local, ", "))
	}
	config.Probes, config.Limit = nil, nil
	c.config = config
	return nil
}

// Begin takes a snapshot of the program: what it holds now is no leak.
func (c *Command) Begin() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.stopped && !c.program.HasEnded() {
		c.begin(true)
	}
}

func (c *Command) begin(compare bool) {
	if c.kinds == nil {
		return
	}
	if c.check != nil {
		c.check.Close()
	}
	config := c.config
	if compare {
		c.begun = true
		if slices.Contains(c.kinds, goprobe.Kind) {
			var answers bool
			if answers, c.unseen = c.program.Answers(); answers {
				config.Probes = append(config.Probes, &goprobe.Program{Stacks: c.program.Stacks, Ask: c.program.Explain})
			}
		}
		if slices.Contains(c.kinds, fdprobe.Kind) {
			config.Probes = append(config.Probes, &fdprobe.Program{Of: procfd.Process(c.program.PID()), IsGo: c.program.IsGo, Ask: c.program.Explain})
		}
	}
	if slices.Contains(c.kinds, program.Kind) {
		config.Probes = append(config.Probes, program.Zombies{Of: c.program})
	}
	c.check = pipeline.Begin(nil, c.scope(), &config)
}

func (c *Command) scope() probe.Scope { return probe.Scope{Outside: true, Trace: c.s.Env.Trace} }

// Ended is closed when the program has ended.
func (c *Command) Ended() <-chan struct{} { return c.program.Ended }

// Stop judges the program, stops it, judges what it leaves, and kills that. It does so once.
func (c *Command) Stop(signal os.Signal) {
	c.s.T.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stopped {
		return
	}
	c.stopped = true
	defer c.program.Close() // also if a filter of the user's panics
	judge := c.kinds != nil && !c.s.Beyond() && !c.config.Void()
	var found pipeline.Findings
	before := c.program.HasEnded()
	if judge && !before {
		found = c.check.Diff()
	}
	asked := c.program.Stop(signal, judge)
	if !asked && !before { // it has ended while it was judged
		found = pipeline.Findings{}
	}
	if judge {
		c.afterEnd(&found, asked)
	}
	c.program.Close()
	c.crashed(signal, asked)
	if judge {
		c.notStopped(&found)
		c.s.deliver(found)
	}
	if c.check != nil {
		c.check.Close()
	}
}

// afterEnd adds the processes that the program has left, and what could not be judged.
func (c *Command) afterEnd(found *pipeline.Findings, asked bool) {
	if slices.Contains(c.kinds, program.Kind) {
		config := c.config
		config.Probes = []probe.Probe{program.Left{Of: c.program}}
		check := pipeline.Begin(nil, c.scope(), &config)
		left := check.Diff()
		check.Close()
		found.Leaks = append(found.Leaks, left.Leaks...)
		found.Settled = max(found.Settled, left.Settled)
		for _, n := range left.Notes {
			if !slices.Contains(found.Notes, n) {
				found.Notes = append(found.Notes, n)
			}
		}
	}
	note := func(format string, args ...any) {
		found.Notes = append(found.Notes, pipeline.Note{Text: fmt.Sprintf(format, args...)})
	}
	compares := slices.ContainsFunc(c.kinds, func(kind string) bool { return kind != program.Kind })
	switch {
	case c.program.Cancelled():
		note("the context of cmd has ended %s before Stop: what it held can't be seen", c.program.Name)
	case !compares:
	case !asked:
		note("%s had ended before Stop: what it held can't be seen", c.program.Name)
	case !c.begun:
		note("descriptors and goroutines of %s are not compared: call Begin when it is ready", c.program.Name)
	case c.unseen != "":
		note("goroutines of %s are not seen: %s", c.program.Name, c.unseen)
	}
}

// crashed fails the test if the program has crashed, also a test that has failed: it may be why.
func (c *Command) crashed(signal os.Signal, asked bool) {
	t := c.s.T
	t.Helper()
	fate := c.program.Fate(signal, asked)
	if fate == "" || c.program.Cancelled() {
		return
	}
	when := "before it was asked to"
	if asked {
		when = "when it was asked to"
	}
	text := fmt.Sprintf("%s: program %s has ended %s: %s", t.Name(), c.program.Name, when, fate)
	for i, line := range c.program.LastLines() {
		if i == 0 {
			text += "\nits standard error:"
		}
		text += "\n    " + report.Printable(strings.ReplaceAll(line, "\t", "    "))
	}
	if c.s.Off() {
		t.Logf("%s", text)
		return
	}
	t.Errorf("%s", text)
}

// notStopped adds the finding that the program did not end, unless an option leaves it out.
func (c *Command) notStopped(found *pipeline.Findings) {
	l, stuck := c.program.Stuck(c.scope())
	if !stuck {
		return
	}
	if len(found.Leaks) == 0 {
		c.s.grown.Grows = "does not stop"
	}
	for _, l := range c.check.Sift([]probe.Leak{l}) {
		found.Leaks = append(found.Leaks, pipeline.Attributed{Leak: l, Owner: window.Owner{Whose: window.Own}})
	}
}
