package probe

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// A guarded is a Watch whose errors and panics cost one note and nothing else.
type guarded struct {
	kind   string
	watch  Watch
	forces bool // it is a Forcer
	broken bool // no further question is put to the watch
	note   string
}

func start(p Probe, s Scope) *guarded {
	g := &guarded{kind: "unnamed probe"}
	g.protect("not checked", func() error {
		g.kind = p.Kind()
		w, err := p.Start(s)
		if err == nil && w == nil {
			err = fmt.Errorf("%T.Start returned neither a Watch nor an error", p)
		}
		g.watch = w
		_, g.forces = w.(Forcer)
		return err
	})
	return g
}

func (g *guarded) grown() (leaks []Leak) {
	if g.broken {
		return nil
	}
	g.protect("not checked", func() (err error) {
		leaks, err = g.watch.Grown() // with an error: those that it has found so far
		return err
	})
	return g.named(slices.Clone(leaks)) // a watch may keep what it returns
}

// explain returns leaks as they are when explaining them fails: the plain
// finding is never lost.
func (g *guarded) explain(leaks []Leak) []Leak {
	if g.broken || len(leaks) == 0 {
		return leaks
	}
	explained := leaks
	g.protect("not explained", func() error {
		// A copy: a panic half-way must not leave a finding half-written.
		explained = g.watch.Explain(copied(leaks))
		if len(explained) == 0 {
			explained = leaks
			return errors.New("Explain has returned none of the leaks")
		}
		return nil
	})
	return g.named(explained)
}

func copied(leaks []Leak) []Leak {
	leaks = slices.Clone(leaks)
	for i := range leaks {
		l := &leaks[i]
		l.Columns, l.Tests, l.Frames = slices.Clone(l.Columns), slices.Clone(l.Tests), slices.Clone(l.Frames)
		l.Evidence = slices.Clone(l.Evidence)
	}
	return leaks
}

// oneLine formats a note, which is one line whatever went wrong.
func oneLine(format string, args ...any) string {
	return strings.Join(strings.Fields(fmt.Sprintf(format, args...)), " ")
}

// stop returns the note that it may add.
func (g *guarded) stop() (notes []string) {
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

// notes are the one-line statements of what could not be seen.
func (g *guarded) notes() (notes []string) {
	if n, ok := g.watch.(Noter); ok && !g.broken {
		g.protect("not told", func() error { notes = n.Notes(); return nil })
	}
	if g.note != "" {
		notes = append(notes, g.note)
	}
	return notes
}

func (g *guarded) named(leaks []Leak) []Leak {
	for i := range leaks {
		if leaks[i].Kind == "" {
			leaks[i].Kind = g.kind
		}
	}
	return leaks
}

// protect runs step; when it fails the watch is out of the check and the note
// says so.
func (g *guarded) protect(not string, step func() error) {
	fail := func(what any) {
		g.broken = true
		if g.note == "" {
			g.note = oneLine("%s: %s: %v", g.kind, not, what)
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
