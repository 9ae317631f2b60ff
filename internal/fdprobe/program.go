package fdprobe

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"github.com/leakassert/leakassert/internal/names"
	"github.com/leakassert/leakassert/internal/probe"
	"github.com/leakassert/leakassert/internal/procfd"
	"github.com/leakassert/leakassert/internal/procstate"
)

// Program is the probe for the descriptors of another process.
type Program struct {
	Of procfd.Process
	// IsGo reports whether it runs Go's runtime, which keeps descriptors of its own. It may be slow.
	IsGo func() bool
	// Ask asks the process who opened descriptors. It may be nil.
	Ask func(probe.Question) (probe.Answer, error)
}

func (*Program) Kind() string { return Kind }

func (p *Program) Start(s probe.Scope) (probe.Watch, error) {
	w := &programWatch{Program: *p, renewal: renewal{foreign: true}}
	return w, unreadable(p.Of.Read(&w.before))
}

// unreadable makes a note and no failure of a process that does not let others look, as one of another
// user, and of a machine without /proc.
func unreadable(err error) error {
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: %w", err, errors.ErrUnsupported)
	}
	return err
}

type programWatch struct {
	Program
	before, now procfd.Table
	grown       []procfd.Entry
	described   map[procfd.Entry]probe.Leak
	renewal     renewal
	pipes       int // that the runtime keeps
	notes       []string
}

func (w *programWatch) Grown() ([]probe.Leak, error) {
	if err := w.Of.Read(&w.now); err != nil {
		return nil, unreadable(err)
	}
	w.grown = procfd.Grown(w.grown[:0], &w.before, &w.now)
	if len(w.grown) == 0 {
		w.renewal.left, w.pipes = nil, 0
		return nil, nil
	}
	surplus := make(map[uint64]int)
	for _, e := range w.now.Gone {
		surplus[e.ID.Sort()]--
	}
	for _, e := range w.grown {
		surplus[e.ID.Sort()]++
	}
	leaks := w.leaks()
	ofTCP := func(l probe.Leak) bool { return l.Resource.(procfd.FD).Kind == procfd.KindTCP }
	if slices.ContainsFunc(leaks, ofTCP) { // the other end may be an idle connection of this process
		procstate.CloseIdleConnections()
	}
	return w.renewal.excuse(w.withoutRuntime(leaks), surplus), nil
}

// leaks describes what has grown. What earlier looks have seen is not described again.
func (w *programWatch) leaks() (leaks []probe.Leak) {
	var unknown []procfd.Entry
	for _, e := range w.grown {
		if _, known := w.described[e]; !known {
			unknown = append(unknown, e)
		}
	}
	if w.described == nil {
		w.described = make(map[procfd.Entry]probe.Leak)
	}
	for i, d := range w.Of.Describe(unknown) {
		w.described[unknown[i]] = programLeak(d)
	}
	for _, e := range w.grown {
		if l := w.described[e]; l.Resource.(procfd.FD).Kind != procfd.KindClosed {
			leaks = append(leaks, l)
		}
	}
	return leaks
}

func programLeak(d procfd.FD) probe.Leak {
	l := leak(d)
	l.Traceable = "" // nothing shows who opened it, unless the program says so: see askOpeners
	l.Owned = true
	return l
}

// withoutRuntime removes what Go's runtime keeps open: its poller, which the first file or socket
// opens, and pipes for copying between connections. It also removes what this library keeps open.
func (w *programWatch) withoutRuntime(leaks []probe.Leak) (kept []probe.Leak) {
	if w.pipes = 0; !w.IsGo() {
		return leaks
	}
	poller := make(map[procfd.Kind]bool) // its parts that were found
	for _, l := range leaks {
		d := l.Resource.(procfd.FD)
		switch {
		case procfd.Own(d): // the program uses this library
		case (d.Kind == procfd.KindEpoll || d.Kind == procfd.KindEventfd) && !poller[d.Kind] && !w.hadAnonymous(d.Of):
			poller[d.Kind] = true
		case d.Kind == procfd.KindPipe && strings.Contains(d.Flags, "O_NONBLOCK") && w.ends(d.Of) == 2 && w.Of.PipeSize(d.Num) == 1<<20:
			w.pipes++
		default:
			kept = append(kept, l)
		}
	}
	return kept
}

// hadAnonymous reports whether a descriptor without a file, such as an epoll, was open at the start.
// They all have one identity.
func (w *programWatch) hadAnonymous(id procfd.ID) bool {
	return slices.ContainsFunc(w.before.Entries, func(e procfd.Entry) bool { return e.ID == id })
}

func (w *programWatch) ends(id procfd.ID) (n int) {
	for _, e := range w.now.Entries {
		if e.ID == id {
			n++
		}
	}
	return n
}

// Explain describes leaks as they are now, and makes many of one shape share a line.
func (w *programWatch) Explain(leaks []probe.Leak) []probe.Leak {
	entries := make([]procfd.Entry, len(leaks))
	for i, l := range leaks {
		d := l.Resource.(procfd.FD)
		entries[i] = procfd.Entry{Num: d.Num, ID: d.Of}
	}
	for i, d := range w.Of.Describe(entries) {
		if d.Kind != procfd.KindClosed {
			fresh := programLeak(d)
			leaks[i].Columns, leaks[i].Evidence, leaks[i].Resource = fresh.Columns, fresh.Evidence, fresh.Resource
		}
	}
	together(leaks)
	for i := range leaks {
		leaks[i].Changes = changes(leaks[i])
	}
	w.askOpeners(leaks)
	return leaks
}

// askOpeners adds who opened descriptors and what holds them, if the process knows that.
func (w *programWatch) askOpeners(leaks []probe.Leak) {
	if w.Ask == nil {
		return
	}
	q := probe.Question{Kind: Kind}
	for _, l := range leaks {
		q.IDs = append(q.IDs, strconv.Itoa(l.Resource.(procfd.FD).Num))
	}
	answer, err := w.Ask(q)
	if err != nil {
		answer.Notes = append(answer.Notes, "fd: who opened it is not known: "+err.Error())
	}
	for i := range leaks {
		l := &leaks[i]
		if answer.Of != nil {
			l.Traceable = "openers"
		}
		known := answer.Of[strconv.Itoa(l.Resource.(procfd.FD).Num)]
		for k := range known.Frames {
			known.Frames[k] = names.Foreign(known.Frames[k])
		}
		for _, e := range known.Evidence {
			if e.Call.Func != "" {
				e.Call.Frame = names.Foreign(e.Call.Frame)
				e.Columns = names.Call(e.Call.Frame)
			}
			l.Evidence = append(l.Evidence, e)
		}
		l.Frames = known.Frames
	}
	w.notes = answer.Notes
}

// An Answerer tells another process who opened descriptors of this one. It must be made before they are
// opened.
type Answerer struct {
	openers *trace
	release func()
}

// NewAnswerer records allocations from now on.
func NewAnswerer() *Answerer { return &Answerer{newTrace(), procstate.RecordAllocations()} }

// Pause runs f and records no allocations meanwhile, which are slow to make then.
func (a *Answerer) Pause(f func()) {
	a.release()
	defer func() { a.release = procstate.RecordAllocations() }()
	f()
}

// Answer answers a question about descriptors.
func (a *Answerer) Answer(q probe.Question) (answer probe.Answer) {
	var leaks []probe.Leak
	for _, id := range q.IDs {
		num, err := strconv.Atoi(id)
		if d := procfd.Describe(num); err == nil && d.Kind != procfd.KindClosed { // the collector may have closed it
			l := leak(d)
			l.Evidence = nil
			leaks = append(leaks, l)
		}
	}
	if note := a.openers.explain(leaks, probe.Scope{}); note != "" {
		answer.Notes = []string{"fd: " + note}
	}
	answer.Of = make(map[string]probe.Known)
	for _, l := range leaks {
		answer.Of[strconv.Itoa(l.Resource.(procfd.FD).Num)] = probe.Known{Evidence: l.Evidence, Frames: l.Frames}
	}
	return answer
}

func (w *programWatch) Notes() (notes []string) {
	notes = append(notes, w.notes...)
	if n := w.renewal.note(); n != "" {
		notes = append(notes, n)
	}
	if w.pipes > 0 {
		notes = append(notes, fmt.Sprintf("fd: not reported: %d ends of pipes, as Go's runtime keeps them to copy between connections", w.pipes))
	}
	return notes
}

func (*programWatch) Stop() {}
