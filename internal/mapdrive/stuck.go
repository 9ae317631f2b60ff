package mapdrive

import (
	"fmt"
	"strings"
)

// stuck tells what does not return, and what was done before.
func (p *player) stuck(f *Failure) {
	n := p.d.Namer
	if doing := p.doing.Load(); doing != 0 {
		f.What = unpacked(doing).Spell(n) + " does not return, when no other goroutine does anything"
		return
	}
	f.Scenario, f.Outcome = &p.s, new(Outcome)
	var open []string
	for w := range p.workers {
		me := &p.workers[w]
		if me.done.Load() == p.round.Load() {
			f.Outcome.Records = append(f.Outcome.Records, me.records[:me.n]...)
			continue
		}
		at := int(me.at.Load())
		r := Record{Op: p.s.Workers[w][at], Worker: w, Open: "does not return"}
		f.Outcome.Records = append(append(f.Outcome.Records, me.records[:at]...), r)
		open = append(open, r.Op.Spell(n))
	}
	switch last := len(open) - 1; last {
	case -1:
	case 0:
		f.What = open[0] + " does not return"
	default:
		f.What = fmt.Sprintf("%s and %s do not return", strings.Join(open[:last], ", "), open[last])
	}
}
