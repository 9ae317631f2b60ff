package mapdrive

import (
	"fmt"
	"slices"
)

// Notes returns the notes of a run, once Run has returned.
func (d *Driver) Notes() []string {
	notes := slices.Clone(d.notes)
	note := func(n int, says string) {
		if n > 0 {
			notes = append(notes, fmt.Sprint(n, says))
		}
	}
	note(d.unknown, " histories could not be judged: too many operations on one key at the same time; fewer Workers help")
	note(d.unconfirmed, " histories seem wrong, and are not reported: porcupine did not finish checking them")
	note(d.vetoed, " findings were not confirmed by porcupine, and are not reported")
	if hardly := d.meetings.note(); hardly != "" {
		notes = append(notes, hardly)
	}
	return notes
}

// meetings counts the rounds of small scenarios, and those in which operations of the first two workers overlapped.
type meetings struct{ all, met int }

const (
	// So few rounds say nothing.
	fewRounds = 1000
	// If fewer than one round in rare has operations that overlapped, narrow windows are found by luck only.
	rare = 20
)

func (m *meetings) count(workers []worker) {
	a, b := &workers[0], &workers[1]
	if a.n == 0 || b.n == 0 || a.records[0].Return == 0 || b.records[0].Return == 0 { // there are no times
		return
	}
	m.all++
	if a.records[0].Call <= b.records[b.n-1].Return && b.records[0].Call <= a.records[a.n-1].Return {
		m.met++
	}
}

// note says that operations hardly overlapped, "" if they did.
func (m meetings) note() string {
	if m.all < fewRounds || m.met*rare >= m.all {
		return ""
	}
	return fmt.Sprintf("operations overlapped in %d of %d rounds only, as processors are few or busy: faults with a narrow window are found by Explore, which does not depend on that", m.met, m.all)
}
