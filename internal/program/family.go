package program

import (
	"slices"
	"time"
)

// A process is a line of /proc.
type process struct {
	pid, parent, group, session int
	state                       byte
	birth                       uint64 // the start in ticks of the clock, which distinguishes processes of one id
	name                        string
}

func (p process) ended() bool { return p.state == 'Z' || p.state == 'X' }

// birth returns when a process has started, 0 if that is not known.
func birth(pid int) uint64 {
	q, _ := find(pid)
	return q.birth
}

// short cuts the words of a command that are too many for a line.
func short(words string) string {
	const most = 80
	if runes := []rune(words); len(runes) > most {
		words = string(runes[:most-1]) + "…"
	}
	return words
}

// ending waits for the end of a program that has ended but that nobody has waited for yet.
func (p *Program) ending() bool {
	q, ok := find(p.PID())
	return ok && q.ended() && p.within(killed)
}

// paused reports whether the program is stopped, by a signal or a debugger.
func (p *Program) paused() bool {
	q, ok := find(p.PID())
	return ok && (q.state == 'T' || q.state == 't')
}

// meet remembers which processes are below the program. What leaves it later is known by that.
func (p *Program) meet(all []process) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.HasEnded() {
		below := map[int]bool{p.PID(): true}
		for grown := true; grown; {
			grown = false
			for _, q := range all {
				if below[q.parent] && !below[q.pid] {
					below[q.pid], grown = true, true
					p.family[q.pid] = q.birth
				}
			}
		}
	}
}

// left returns the processes that the program has started, directly or not, and that still run,
// without the program itself: those of its process group or session, those that have inherited its
// mark, those seen below it before, and whatever these have started.
func (p *Program) left() ([]process, error) {
	all, err := processes()
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	pid, of := p.PID(), make(map[int]bool)
	for _, q := range all {
		seen, known := p.family[q.pid]
		switch {
		case q.pid == pid || q.birth < p.birth || q.ended():
		case known && seen == q.birth, p.group && (q.group == pid || q.session == pid), hasMark(q.pid, p.mark):
			of[q.pid] = true
		}
	}
	for grown := true; grown; {
		grown = false
		for _, q := range all {
			if of[q.parent] && !of[q.pid] && !q.ended() {
				of[q.pid], grown = true, true
			}
		}
	}
	return slices.DeleteFunc(all, func(q process) bool { return !of[q.pid] }), nil
}

// killFamily kills what the program has left, and what that starts meanwhile.
func (p *Program) killFamily() {
	for deadline := time.Now().Add(killed); ; time.Sleep(time.Millisecond) {
		left, err := p.left()
		if err != nil {
			p.killGroup() // without /proc
			return
		}
		if len(left) == 0 || time.Now().After(deadline) {
			return
		}
		for _, q := range left {
			kill(q)
		}
	}
}
