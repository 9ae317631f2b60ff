package probe

import "fmt"

// A guarded is a Watch whose errors and panics cost one note and nothing else.
type guarded struct {
	kind   string
	watch  Watch
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
		return err
	})
	return g
}

func (g *guarded) grown() (leaks []Leak) {
	if g.broken {
		return nil
	}
	g.protect("not checked", func() (err error) {
		leaks, err = g.watch.Grown()
		return err
	})
	if g.broken {
		return nil
	}
	return g.named(leaks)
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
		explained = g.watch.Explain(append([]Leak(nil), leaks...))
		return nil
	})
	return g.named(explained)
}

func (g *guarded) stop() {
	if w := g.watch; w != nil {
		g.watch, g.broken = nil, true
		g.protect("not stopped", func() error { w.Stop(); return nil })
	}
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
			g.note = fmt.Sprintf("%s: %s: %v", g.kind, not, what)
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
