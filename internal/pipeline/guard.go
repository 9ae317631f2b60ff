package pipeline

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/leakassert/leakassert/internal/probe"
)

// A guarded is a Watch whose errors and panics lead only to a note.
type guarded struct {
	kind   string
	watch  probe.Watch
	forces bool // it is a probe.Forcer
	broken bool // the watch is not asked any more
	note   Note
}

const notChecked = "not checked"

func (g *guarded) start(p probe.Probe, s probe.Scope) {
	g.kind = "unnamed probe"
	g.protect(notChecked, func() error {
		g.kind = p.Kind()
		w, err := p.Start(s)
		if err == nil && w == nil {
			err = fmt.Errorf("%T.Start returned neither a Watch nor an error", p)
		}
		g.watch = w
		_, g.forces = w.(probe.Forcer)
		return err
	})
}

func (g *guarded) grown() (leaks []probe.Leak) {
	if g.broken {
		return nil
	}
	g.protect(notChecked, func() (err error) {
		leaks, err = g.watch.Grown() // if there is an error, the leaks found so far
		return err
	})
	return g.named(slices.Clone(leaks)) // a watch may keep what it returns
}

// explain returns leaks unchanged if explaining fails, so a finding is never lost.
func (g *guarded) explain(leaks Found) []probe.Leak {
	if g.broken || len(leaks) == 0 {
		return leaks
	}
	explained := []probe.Leak(leaks)
	g.protect("not explained", func() error {
		// Pass a copy: a panic must not leave a finding half-written.
		explained = g.watch.Explain(copied(leaks))
		if len(explained) == 0 {
			explained = leaks
			return errors.New("Explain has returned none of the leaks")
		}
		return nil
	})
	return g.named(fixed(leaks, explained))
}

// fixed restores what an explanation must not change: a leak's name and owner, which are known
// since it was found.
func fixed(found, explained []probe.Leak) []probe.Leak {
	byID := make(map[string]probe.Leak, len(found))
	for _, l := range found {
		byID[l.ID] = l
	}
	for i := range explained {
		l := &explained[i]
		if was, ok := byID[l.ID]; ok && l.ID != "" {
			l.Kind, l.Origin, l.Owned, l.Stray, l.From = was.Kind, was.Origin, was.Owned, was.Stray, was.From
		}
	}
	return explained
}

func copied(leaks []probe.Leak) []probe.Leak {
	leaks = slices.Clone(leaks)
	for i := range leaks {
		l := &leaks[i]
		l.Columns, l.Tests, l.Frames = slices.Clone(l.Columns), slices.Clone(l.Tests), slices.Clone(l.Frames)
		l.Evidence = slices.Clone(l.Evidence)
	}
	return leaks
}

// oneLine formats a note on one line, whatever it contains.
func oneLine(format string, args ...any) string {
	return strings.Join(strings.Fields(fmt.Sprintf(format, args...)), " ")
}

// stop stops the watch and returns the note that this adds, if any.
func (g *guarded) stop() (notes []Note) {
	if w := g.watch; w != nil {
		g.watch, g.broken = nil, true
		before := g.note
		g.protect("not stopped", func() error { w.Stop(); return nil })
		if g.note != before {
			notes = append(notes, g.note)
		}
	}
	return notes
}

// notes returns the watch's notes on what could not be judged.
func (g *guarded) notes() (notes []Note) {
	if n, ok := g.watch.(probe.Noter); ok && !g.broken {
		g.protect("notes not read", func() error {
			for _, text := range n.Notes() {
				notes = append(notes, Note{Text: text})
			}
			return nil
		})
	}
	if g.note.Text != "" {
		notes = append(notes, g.note)
	}
	return notes
}

func (g *guarded) named(leaks []probe.Leak) []probe.Leak {
	for i := range leaks {
		if leaks[i].Kind == "" {
			leaks[i].Kind = g.kind
		}
	}
	return leaks
}

// protect runs step. If it fails, the watch is no longer asked, and the note says so.
func (g *guarded) protect(not string, step func() error) {
	fail := func(what any) {
		g.broken = true
		if g.note.Text == "" {
			err, _ := what.(error)
			g.note = Note{oneLine("%s: %s: %v", g.kind, not, what), not == notChecked && !errors.Is(err, errors.ErrUnsupported)}
		}
	}
	defer func() {
		if r := recover(); r != nil {
			fail(fmt.Sprintf("panic: %v", r))
		}
	}()
	if err := step(); err != nil {
		fail(err)
	}
}
