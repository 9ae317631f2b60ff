package mapfuzz

import (
	"fmt"
	"strings"

	"github.com/leakassert/leakassert/internal/mapdrive"
)

// mostPasted is the largest number of operations in a test to paste.
const mostPasted = 24

// A speller spells keys and values, and the declarations that they need.
type speller interface {
	mapdrive.Namer
	declare(keys, vals map[int]bool) []string
	// pasteable reports whether keys and values have Go literals or names and can be compared.
	pasteable() bool
	valType() string
}

// reproduction returns a test to paste. It has the failing operations and the results that they
// must not have or, if there are too many operations, the options that drive the map again.
func (r *run) reproduction(f *mapdrive.Failure) string {
	s := f.Scenario
	switch {
	case s == nil:
		return ""
	case r.names.pasteable() && f.Rounds > 0 && !f.Overlooked && s.Plain() && len(f.Outcome.Records)+len(s.Setup) <= mostPasted && (len(f.Outcome.Final) > 0 || f.Panics()):
		p := paste{names: r.names, panics: f.Panics(), keys: make(map[int]bool), vals: make(map[int]bool)}
		return p.test(s, f.Outcome)
	case r.decoded:
		return ""
	}
	return fmt.Sprintf("\tmapfuzz.Test(t, newMap, mapfuzz.Only(%q), mapfuzz.Seed(%d), mapfuzz.Workers(%d), mapfuzz.Budget(time.Minute))", f.Mode, r.seed, r.workers)
}

// A paste is a test that is being written.
type paste struct {
	names      speller
	panics     bool // there is nothing to compare
	keys, vals map[int]bool
	// values and flags are variables for results. illegal holds what must not be true of them.
	values, flags, illegal []string
}

func (p *paste) spell(op mapdrive.Op) string {
	p.keys[op.Key] = true
	for _, v := range op.Values() {
		p.vals[*v] = true
	}
	return "m." + op.Spell(p.names)
}

// calls returns the operations as calls whose results are kept in variables.
func (p *paste) calls(records []mapdrive.Record) (lines []string) {
	for _, r := range records {
		lines = append(lines, p.call(r))
	}
	return lines
}

func (p *paste) call(r mapdrive.Record) string {
	call := p.spell(r.Op)
	n := len(p.flags) + 1
	ok := fmt.Sprint("ok", n)
	results := ok
	switch {
	case p.panics:
		return call
	case r.Op.Kind.ReturnsValue():
		v := "_"
		if r.Result.Val >= 0 {
			v = fmt.Sprint("got", n)
			p.vals[r.Result.Val] = true
			p.values = append(p.values, v)
			p.illegal = append(p.illegal, fmt.Sprintf("%s == %s", v, p.names.Val(r.Result.Val)))
		}
		results = v + ", " + ok
	case r.Op.Kind != mapdrive.CompareAndSwap && r.Op.Kind != mapdrive.CompareAndDelete:
		return call
	}
	p.flags = append(p.flags, ok)
	if !r.Result.OK {
		ok = "!" + ok
	}
	p.illegal = append(p.illegal, ok)
	return results + " = " + call
}

// test writes a round as a test. It spells all operations first: the declarations depend on them.
func (p *paste) test(s *mapdrive.Scenario, o *mapdrive.Outcome) string {
	var workers [][]string
	for w := range s.Workers {
		workers = append(workers, p.calls(o.By(w)))
	}
	final := p.calls(o.Final)
	var setup []string
	for _, op := range s.Setup {
		setup = append(setup, p.spell(op))
	}

	var b strings.Builder
	write := func(indent int, lines ...string) {
		for _, l := range lines {
			b.WriteString(strings.Repeat("\t", indent) + l + "\n")
		}
	}
	write(0, "func TestReproduce(t *testing.T) {")
	write(1, p.names.declare(p.keys, p.vals)...)
	write(1, "m := newMap()", "for range 1_000_000 {")
	if s.Fresh {
		write(2, "m = newMap()")
	} else {
		for _, k := range s.Keys() {
			write(2, fmt.Sprintf("m.Delete(%s)", p.names.Key(k)))
		}
	}
	write(2, setup...)
	if len(p.values) > 0 {
		write(2, fmt.Sprintf("var %s %s", strings.Join(p.values, ", "), p.names.valType()))
	}
	if len(p.flags) > 0 {
		write(2, fmt.Sprintf("var %s bool", strings.Join(p.flags, ", ")))
	}
	if len(workers) == 1 {
		write(2, workers[0]...)
	} else {
		write(2, "var ready atomic.Int32", "var wg sync.WaitGroup")
		for _, calls := range workers {
			write(2, "wg.Go(func() {")
			write(3, fmt.Sprintf("for ready.Add(1); ready.Load() < %d; {", len(workers)), "\truntime.Gosched()", "}")
			write(3, calls...)
			write(2, "})")
		}
		write(2, "wg.Wait()")
	}
	write(2, final...)
	if len(p.illegal) > 0 {
		write(2, "wrong := "+strings.Join(p.illegal, " && "), "if wrong {", "\tt.Fatal(\"no order of the operations explains that\")", "}")
	}
	write(1, "}")
	write(0, "}")
	return b.String()
}
