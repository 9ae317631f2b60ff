package mapdrive

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync/atomic"
)

// A sight is what one Range shows. It keeps its memory.
type sight struct {
	seen  []int32 // by key, the number of the last look that has shown it
	looks int32
	wrong string
	steps *atomic.Int64
}

// look goes through the map and holds it against what must be: keys that nobody
// changes are shown once, others at most once, unless weak. If exact, nothing
// changes, and the model is what must be shown. After so many calls, if more than 0,
// the callback returns false.
func (v *sight) look(p *player, rng *rand.Rand, stop int, exact, weak bool) (calls int) {
	if v.seen == nil {
		v.seen = make([]int32, len(p.before))
	}
	v.looks++
	v.wrong = ""
	n := p.d.Namer
	ended := false
	p.target.Range(func(key, val int) bool {
		calls++
		if v.wrong != "" {
			return false
		}
		if ended {
			v.wrong = fmt.Sprintf("Range went on after its callback had returned false: there are %d calls in place of %d", calls, stop)
			return false
		}
		switch {
		case key == Foreign || val == Foreign || !p.known(key):
			v.wrong = fmt.Sprintf("Range shows %s with %s, which nobody has stored", n.Key(key), n.Val(val))
		case p.loose[key] && !exact:
		case v.seen[key] == v.looks && (exact || !p.written[key] || !weak):
			v.wrong = fmt.Sprintf("Range shows %s twice", n.Key(key))
		case exact && val != p.model[key]:
			v.wrong = fmt.Sprintf("Range shows %s with %s: it must be %s", n.Key(key), n.Val(val), spellState(p.model[key], n))
		case !exact && !p.written[key] && val != p.before[key]:
			v.wrong = fmt.Sprintf("Range shows %s with %s: it was %s all the time", n.Key(key), n.Val(val), spellState(p.before[key], n))
		}
		if p.known(key) {
			if v.seen[key] != v.looks { // who shows some for ever makes no progress
				v.steps.Add(1)
			}
			v.seen[key] = v.looks
		}
		if v.wrong != "" {
			return false
		}
		if !exact && rng.IntN(16) == 0 {
			runtime.Gosched()
		}
		ended = calls == stop
		return !ended
	})
	if v.wrong != "" || ended {
		return calls
	}
	for _, k := range p.keys {
		switch {
		case v.seen[k] == v.looks:
		case exact && p.model[k] != Absent:
			v.wrong = fmt.Sprintf("Range does not show %s, which is there", n.Key(k))
			return calls
		case !exact && !p.written[k] && p.before[k] != Absent:
			v.wrong = fmt.Sprintf("Range does not show %s, which was there all the time", n.Key(k))
			return calls
		}
	}
	return calls
}

func spellState(state int, n Namer) string {
	if state == Absent {
		return "absent"
	}
	return n.Val(state)
}
