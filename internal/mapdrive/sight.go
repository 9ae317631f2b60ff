package mapdrive

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync/atomic"
)

// A sight checks what one Range shows. It reuses its memory.
type sight struct {
	seen  []int32 // by key, the number of the last look that showed it
	looks int32
	steps *atomic.Int64
}

// look runs Range and checks what it shows. It must show each key that nobody changes once, and any
// other key at most once, unless the map is allowed less. If exact, nothing changes meanwhile and
// Range must show the model. If stop is positive, the callback returns false at that call.
func (v *sight) look(p *player, rng *rand.Rand, stop int, exact bool) (calls int, wrong string) {
	if v.seen == nil {
		v.seen = make([]int32, len(p.before))
	}
	v.looks++
	n := p.d.Namer
	must, there := "it was %s all the time", "was there all the time"
	if exact {
		must, there = "it must be %s", "is there"
	}
	ended := false
	p.target.Range(func(key, val int) bool {
		calls++
		if wrong != "" {
			return false
		}
		if ended {
			wrong = fmt.Sprintf("Range went on after its callback had returned false: there are %d calls, not %d", calls, stop)
			return false
		}
		if key < 0 || key >= len(p.before) || val == Foreign {
			wrong = fmt.Sprintf("Range shows %s with %s, which nobody has stored", n.Key(key), n.Val(val))
			return false
		}
		again := v.seen[key] == v.looks
		if !again { // repeating the same keys for ever is no progress
			v.steps.Add(1)
		}
		v.seen[key] = v.looks
		switch want, sure := p.shown(key, exact); {
		case p.loose[key] && !exact:
		case again && (exact || !p.written[key] || !p.d.WeakRange):
			wrong = fmt.Sprintf("Range shows %s twice", n.Key(key))
		case sure && val != want:
			wrong = fmt.Sprintf("Range shows %s with %s: "+must, n.Key(key), n.Val(val), spellState(want, n))
		}
		if !exact && p.trial == nil && rng.IntN(16) == 0 {
			runtime.Gosched()
		}
		ended = calls == stop
		return wrong == "" && !ended
	})
	if wrong != "" || ended {
		return calls, wrong
	}
	for _, k := range p.keys {
		if want, sure := p.shown(k, exact); sure && want != Absent && v.seen[k] != v.looks {
			return calls, fmt.Sprintf("Range does not show %s, which %s", n.Key(k), there)
		}
	}
	return calls, ""
}
