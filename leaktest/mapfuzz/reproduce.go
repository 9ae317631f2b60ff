package mapfuzz

import (
	"fmt"
	"strings"

	"github.com/leakassert/leakassert/internal/mapdrive"
)

// mostPasted is how many operations a test to paste spells out.
const mostPasted = 24

// A declarer has the declarations that what it spells needs.
type declarer interface {
	declare(keys, vals map[int]bool) []string
	// pasteable is whether Go has literals, or names, for keys and values, and compares
	// them.
	pasteable() bool
}

// reproduction is a test to paste: the operations that fail, and the answers that
// they must not give; or, if there are too many, what to drive the map with.
func reproduction(d *mapdrive.Driver, f *mapdrive.Failure) string {
	s := f.Scenario
	if s == nil {
		return ""
	}
	x, spells := d.Namer.(declarer)
	if !spells || !x.pasteable() || f.Rounds == 0 || f.Overlooked || !s.Plain() || len(f.Outcome.Records)+len(s.Setup) > mostPasted || len(f.Outcome.Final) == 0 && !f.Panics() {
		if d.Decoded {
			return ""
		}
		return fmt.Sprintf("\tmapfuzz.Test(t, newMap, mapfuzz.Only(%q), mapfuzz.Seed(%d), mapfuzz.Workers(%d), mapfuzz.Budget(time.Minute))", f.Mode, f.Seed, d.Workers)
	}
	p := paste{d: d, panics: f.Panics(), keys: make(map[int]bool), vals: make(map[int]bool)}
	for w := range s.Workers {
		p.workers = append(p.workers, nil)
		for _, r := range f.Outcome.Records {
			if r.Worker == w {
				p.workers[w] = append(p.workers[w], p.call(r))
			}
		}
	}
	for _, r := range f.Outcome.Final {
		p.final = append(p.final, p.call(r))
	}
	for _, op := range s.Setup {
		p.setup = append(p.setup, p.spell(op))
	}
	return p.test(s)
}

// A paste is a test that is being written.
type paste struct {
	d                 *mapdrive.Driver
	setup, final      []string
	workers           [][]string
	results           int
	panics            bool // there is nothing to compare
	declared, illegal []string
	keys, vals        map[int]bool
}

func (p *paste) spell(op mapdrive.Op) string {
	p.keys[op.Key] = true
	switch op.Kind {
	case mapdrive.CompareAndSwap:
		p.vals[op.Old], p.vals[op.Val] = true, true
	case mapdrive.CompareAndDelete:
		p.vals[op.Old] = true
	case mapdrive.Store, mapdrive.Swap, mapdrive.LoadOrStore:
		p.vals[op.Val] = true
	}
	return "m." + op.Spell(p.d.Namer)
}

// call is an operation whose results are kept, in variables that the illegal
// outcome compares.
func (p *paste) call(r mapdrive.Record) string {
	call := p.spell(r.Op)
	if p.panics {
		return call
	}
	switch r.Op.Kind {
	case mapdrive.Load, mapdrive.LoadOrStore, mapdrive.LoadAndDelete, mapdrive.Swap:
		p.results++
		v, ok := fmt.Sprint("got", p.results), fmt.Sprint("ok", p.results)
		if r.Result.Val >= 0 {
			p.vals[r.Result.Val] = true
			p.illegal = append(p.illegal, fmt.Sprintf("%s == %s", v, p.d.Namer.Val(r.Result.Val)))
		} else {
			v = "_"
		}
		p.illegal = append(p.illegal, is(ok, r.Result.OK))
		if v != "_" {
			p.declared = append(p.declared, v+" value")
		}
		p.declared = append(p.declared, ok+" bool")
		return fmt.Sprintf("%s, %s = %s", v, ok, call)
	case mapdrive.CompareAndSwap, mapdrive.CompareAndDelete:
		p.results++
		ok := fmt.Sprint("ok", p.results)
		p.declared = append(p.declared, ok+" bool")
		p.illegal = append(p.illegal, is(ok, r.Result.OK))
		return ok + " = " + call
	}
	return call
}

func is(name string, value bool) string {
	if value {
		return name
	}
	return "!" + name
}

func (p *paste) test(s *mapdrive.Scenario) string {
	var b strings.Builder
	line := func(indent int, text string) { b.WriteString(strings.Repeat("\t", indent) + text + "\n") }
	line(0, "func TestReproduce(t *testing.T) {")
	if x, ok := p.d.Namer.(declarer); ok {
		for _, l := range x.declare(p.keys, p.vals) {
			line(1, l)
		}
	}
	line(1, "m := newMap()")
	line(1, "for range 1_000_000 {")
	if s.Fresh {
		line(2, "m = newMap()")
	} else {
		for _, k := range s.Keys() {
			line(2, fmt.Sprintf("m.Delete(%s)", p.d.Namer.Key(k)))
		}
	}
	for _, l := range p.setup {
		line(2, l)
	}
	var values, flags []string
	for _, x := range p.declared {
		if name, isValue := strings.CutSuffix(x, " value"); isValue {
			values = append(values, name)
		} else {
			flags = append(flags, strings.TrimSuffix(x, " bool"))
		}
	}
	if len(values) > 0 {
		typ := "any"
		if x, ok := p.d.Namer.(interface{ valType() string }); ok {
			typ = x.valType()
		}
		line(2, fmt.Sprintf("var %s %s", strings.Join(values, ", "), typ))
	}
	if len(flags) > 0 {
		line(2, fmt.Sprintf("var %s bool", strings.Join(flags, ", ")))
	}
	if len(p.workers) == 1 {
		for _, l := range p.workers[0] {
			line(2, l)
		}
	} else {
		line(2, "var ready atomic.Int32")
		line(2, "var wg sync.WaitGroup")
		for _, calls := range p.workers {
			line(2, "wg.Go(func() {")
			line(3, fmt.Sprintf("for ready.Add(1); ready.Load() < %d; {", len(p.workers)))
			line(4, "runtime.Gosched()")
			line(3, "}")
			for _, l := range calls {
				line(3, l)
			}
			line(2, "})")
		}
		line(2, "wg.Wait()")
	}
	for _, l := range p.final {
		line(2, l)
	}
	if len(p.illegal) > 0 {
		line(2, "wrong := "+strings.Join(p.illegal, " && "))
		line(2, "if wrong {")
		line(3, `t.Fatal("no order of the operations explains that")`)
		line(2, "}")
	}
	line(1, "}")
	line(0, "}")
	return b.String()
}
