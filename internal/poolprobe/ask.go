package poolprobe

import (
	"context"
	"fmt"
	"runtime/pprof"
	"time"

	"github.com/leakassert/leakassert/internal/probe"
)

// patience is how long a pool's statistics are waited for.
const patience = 2 * time.Second

// ask reads the statistics of a pool. One that is not known to be prompt is asked
// on another goroutine: it may block, or panic.
func ask(p Pool) (Stats, error) {
	if _, prompt := as[Prompt](p); prompt {
		return p.Stats(), nil
	}
	if probe.InBubble() { // a goroutine outside of it can't answer
		return answered(p, try(p.Stats))
	}
	return asked(p)
}

type answer struct {
	stats    Stats
	panicked any
}

type question struct {
	stats  func() Stats
	answer chan answer
}

// desk is where a goroutine that is done with a question waits for the next one,
// for as long as it is idle: starting one costs more, and makes a check of
// goroutines look.
var desk = make(chan question)

const idle = 100 * time.Millisecond

func asked(p Pool) (Stats, error) {
	q := question{p.Stats, make(chan answer, 1)}
	select {
	case desk <- q:
	default:
		go answering(q)
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case a := <-q.answer:
		return answered(p, a)
	case <-timer.C:
		return Stats{}, fmt.Errorf("%s: its statistics have not come for %v: does something hold a lock?", p.Name(), patience)
	}
}

func answered(p Pool, a answer) (Stats, error) {
	if a.panicked != nil {
		return Stats{}, fmt.Errorf("%s: its statistics panic: %v", p.Name(), a.panicked)
	}
	return a.stats, nil
}

// answering is known by its name to the check of goroutines: it is no test's.
func answering(q question) {
	pprof.SetGoroutineLabels(context.Background())
	q.answer <- try(q.stats)
	timer := time.NewTimer(idle)
	defer timer.Stop()
	for {
		select {
		case q = <-desk:
			q.answer <- try(q.stats)
			timer.Reset(idle)
		case <-timer.C:
			return
		}
	}
}

func try(stats func() Stats) (a answer) {
	defer func() {
		if r := recover(); r != nil {
			a.panicked = r
		}
	}()
	a.stats = stats()
	return a
}
