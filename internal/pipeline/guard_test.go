package pipeline_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/leakassert/leakassert/internal/faketb"
	"github.com/leakassert/leakassert/internal/pipeline"
	"github.com/leakassert/leakassert/internal/plan"
	"github.com/leakassert/leakassert/internal/probe"
	"github.com/stretchr/testify/assert"
)

// faulty is a probe of a user's that finds one leak, with a fault in one step.
type faulty struct {
	fault string
	kept  []probe.Leak
	calls []string
}

var errFault = errors.New("no permission")

// step panics or returns an error where the fault is.
func (p *faulty) step(name string) error {
	p.calls = append(p.calls, name)
	switch p.fault {
	case name + " panics":
		panic("out of range")
	case name + " fails":
		return errFault
	}
	return nil
}

func (p *faulty) Kind() string {
	if p.step("Kind") != nil {
		panic("Kind returns no error")
	}
	return "file"
}

func (p *faulty) Start(probe.Scope) (probe.Watch, error) {
	if p.fault == "Start returns nothing" {
		return nil, nil
	}
	if err := p.step("Start"); err != nil {
		return nil, err
	}
	if p.fault == "Start returns both" {
		return p, errFault
	}
	return p, nil
}

func (p *faulty) Grown() ([]probe.Leak, error) {
	p.kept = []probe.Leak{{ID: "1", Columns: []string{"found"}}}
	return p.kept, p.step("Grown")
}

func (p *faulty) Explain(leaks []probe.Leak) []probe.Leak {
	leaks[0].Columns = []string{"half"}
	p.step("Explain")
	leaks[0].Columns = []string{"explained"}
	return leaks
}

func (p *faulty) Notes() []string {
	p.step("Notes")
	return []string{"something was not seen"}
}

func (p *faulty) Stop() { p.step("Stop") }

func TestFaultsCostANote(t *testing.T) {
	const seen = "; note something was not seen"
	for _, c := range []struct{ fault, want, calls string }{
		{"", "leaks explained" + seen, "Kind Start Grown Explain Notes Stop"},
		{"Kind panics", "note unnamed probe: not checked: panic: out of range", "Kind"},
		{"Start panics", "note file: not checked: panic: out of range", "Kind Start"},
		{"Start fails", "note file: not checked: no permission", "Kind Start"},
		{"Start returns nothing", "note file: not checked: *pipeline_test.faulty.Start returned neither a Watch nor an error", "Kind"},
		{"Start returns both", "note file: not checked: no permission", "Kind Start Stop"},
		{"Grown panics", "note file: not checked: panic: out of range", "Kind Start Grown Stop"},
		{"Grown fails", "leaks found; note file: not checked: no permission", "Kind Start Grown Stop"},
		{"Explain panics", "leaks found; note file: not explained: panic: out of range", "Kind Start Grown Explain Stop"},
		{"Notes panics", "leaks explained; note file: notes not read: panic: out of range", "Kind Start Grown Explain Notes Stop"},
		{"Stop panics", "leaks explained" + seen + "; note file: not stopped: panic: out of range", "Kind Start Grown Explain Notes Stop"},
	} {
		t.Run(c.fault, func(t *testing.T) {
			p, s := &faulty{fault: c.fault}, &slots{}
			check := pipeline.Begin(faketb.New("T"), probe.Scope{Test: "T"}, &plan.Config{Probes: []probe.Probe{p, s}})
			s.take("of the other probe")
			f := check.Finish(pipeline.Returned)
			said := say(f)
			assert.Contains(t, said, "leaks of the other probe", "the other probes are unharmed")
			said = strings.Replace(said, "leaks of the other probe", "", 1)
			assert.Equal(t, c.want, strings.Trim(strings.ReplaceAll(said, "; ; ", "; "), "; "))
			assert.Equal(t, c.calls, strings.Join(p.calls, " "))
			assert.EqualValues(t, 1, s.stops.Load())
		})
	}
}

// Where there is no verdict there is nobody to tell, but the test goes on.
func TestFaultsWithoutAVerdict(t *testing.T) {
	for _, fault := range []string{"Kind panics", "Start panics", "Start fails", "Start returns nothing", "Grown panics", "Grown fails", "Stop panics"} {
		for name, end := range map[string]func(*pipeline.Check){
			"Drop":    func(c *pipeline.Check) { assert.Empty(t, say(c.Finish(pipeline.NoVerdict))) },
			"Abandon": func(c *pipeline.Check) { c.Finish(pipeline.Abandoned) },
		} {
			t.Run(fmt.Sprintf("%s in %s", fault, name), func(t *testing.T) {
				p := &faulty{fault: fault}
				check := pipeline.Begin(faketb.New("T"), probe.Scope{Test: "T"}, &plan.Config{Probes: []probe.Probe{p}})
				assert.NotPanics(t, func() { end(check) })
			})
		}
	}
}

// A probe that fails is not asked again, however often a check looks.
func TestAFaultIsToldOnce(t *testing.T) {
	p := &faulty{fault: "Grown panics"}
	outside := pipeline.Begin(nil, probe.Scope{Outside: true}, &plan.Config{Probes: []probe.Probe{p}})
	const note = "note file: not checked: panic: out of range"
	assert.Equal(t, note, say(outside.Diff()))
	assert.Equal(t, note, say(outside.Diff()), "a second difference is as incomplete as the first")
	assert.Equal(t, "Kind Start Grown", strings.Join(p.calls, " "))
}

// A parked check has its notes with its own findings; those that judge it add
// only what is new.
func TestNotesOfAParkedCheckAreToldOnce(t *testing.T) {
	s, p := &slots{}, &faulty{fault: "Start fails"}
	begin := func(test string) *pipeline.Check {
		return pipeline.Begin(faketb.New(test), probe.Scope{Test: test}, &plan.Config{Probes: []probe.Probe{s, p}})
	}
	const note = "note file: not checked: no permission"
	a, b := begin("A"), begin("B")
	s.take("x")
	assert.Equal(t, note, say(a.Finish(pipeline.Returned)))
	assert.Equal(t, "shared x by B,A; "+note, say(b.Finish(pipeline.Returned)))

	a, c := s.begin("A"), s.begin("C")
	s.explain = func(*probe.Leak) { panic("out of range") }
	s.take("y")
	assert.Empty(t, say(a.Finish(pipeline.Returned)))
	assert.Equal(t, "shared y by C,A; note slot: not explained: panic: out of range", say(c.Finish(pipeline.Returned)))
}

// What a watch returns may be what it keeps.
func TestLeaksOfAWatchAreNotWrittenTo(t *testing.T) {
	p := &faulty{}
	check := pipeline.Begin(faketb.New("T"), probe.Scope{Test: "T"}, &plan.Config{Probes: []probe.Probe{&slots{}, p}})
	assert.Equal(t, "leaks explained; note something was not seen", say(check.Finish(pipeline.Returned)))
	assert.Equal(t, []probe.Leak{{ID: "1", Columns: []string{"found"}}}, p.kept)
}
