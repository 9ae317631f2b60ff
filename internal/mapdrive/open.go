package mapdrive

import (
	"runtime"
	"strings"

	"github.com/leakassert/leakassert/internal/memprofile"
	"github.com/leakassert/leakassert/internal/names"
)

// mostCalls is how many of the calls that led to a panic are shown.
const mostCalls = 12

// A panicking is a panic of the map under test.
type panicking struct {
	value any
	calls []string
}

// caught describes the recovered panic, with the calls in the map that led to it.
func caught(value any) *panicking {
	p := &panicking{value: value}
	inside := false
	var pcs [64]uintptr
	for _, f := range memprofile.Frames(pcs[:runtime.Callers(2, pcs[:])]) {
		switch {
		case f.Func == "runtime.gopanic":
			inside = true
		case !inside || strings.HasPrefix(f.Func, "runtime."):
		case len(p.calls) == mostCalls || strings.Contains(f.Func, "/internal/mapdrive.") || strings.Contains(f.Func, "/leaktest/mapfuzz.(*target["):
			return p
		default:
			p.calls = append(p.calls, strings.Join(names.Call(f), "  "))
		}
	}
	return p
}

// stuck describes the operations that do not return and those before them.
func (p *player) stuck(f *Failure, round int64) {
	n := p.d.Namer
	if doing := p.doing.Load(); doing != 0 {
		f.What = unpacked(doing).Spell(n) + " does not return, when no other goroutine does anything"
		return
	}
	f.Scenario, f.Outcome = &p.s, new(Outcome)
	var open []string
	for w := range p.workers {
		me := &p.workers[w]
		if me.done.Load() == round {
			f.Outcome.Records = append(f.Outcome.Records, me.records[:me.n]...)
			continue
		}
		at := int(me.at.Load())
		r := Record{Op: p.s.Workers[w][at], Worker: w, Open: "does not return"}
		f.Outcome.Records = append(append(f.Outcome.Records, me.records[:at]...), r)
		open = append(open, r.Op.Spell(n))
	}
	switch len(open) {
	case 0:
	case 1:
		f.What = open[0] + " does not return"
	default:
		f.What = names.List(open) + " do not return"
	}
}
