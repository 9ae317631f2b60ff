// Package fdprobe is the probe for file descriptors: what fdassert asserts, and
// leaktest watches by default.
package fdprobe

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/leakassert/leakassert/internal/check"
	"github.com/leakassert/leakassert/internal/probe"
	"github.com/leakassert/leakassert/internal/procfd"
	"github.com/leakassert/leakassert/internal/report"
)

// Kind is the kind of the probe's leaks.
const Kind = "fd"

// Probe watches the descriptors of the process. Begin and end read numbers and
// identities; what has grown is described.
type Probe struct{}

// Kind names the resource.
func (Probe) Kind() string { return Kind }

// Start takes the snapshot.
func (Probe) Start(s probe.Scope) (probe.Watch, error) {
	readyPoller()
	w := &watch{scope: s, before: tables.Get().(*procfd.Table), now: tables.Get().(*procfd.Table)}
	if err := w.before.Read(); err != nil {
		return w, err
	}
	if s.Trace {
		w.opened = startTrace()
	}
	return w, nil
}

// tables keeps the memory of snapshots for the next check.
var tables = sync.Pool{New: func() any { return new(procfd.Table) }}

// readyPoller makes the runtime open the descriptors of its poller, which
// otherwise appear with the first file or socket of a test. They stay.
var readyPoller = sync.OnceFunc(func() {
	if r, w, err := os.Pipe(); err == nil {
		r.Close()
		w.Close()
	}
})

type watch struct {
	scope       probe.Scope
	before, now *procfd.Table
	grown       []procfd.Entry
	looks       int
	described   map[procfd.Entry]described
	opened      *trace
}

func (w *watch) Grown() ([]probe.Leak, error) {
	if err := w.now.Read(); err != nil {
		return nil, err
	}
	if w.grown = procfd.Grown(w.grown[:0], w.before, w.now); len(w.grown) == 0 {
		return nil, nil
	}
	if w.looks == 0 { // describing makes garbage; from then on the check holds
		defer probe.HoldCollector()()
	}
	var leaks []probe.Leak
	for _, e := range w.grown {
		known := w.describe(e)
		d := known.FD
		if d.Kind == procfd.KindClosed || (w.scope.Suite || w.scope.Outside) && ofTesting(d) || isSplicePipe(e, d, w.now) {
			continue
		}
		leaks = append(leaks, known.leak)
	}
	if w.looks++; w.looks > 1 && slices.ContainsFunc(leaks, ofTCP) {
		check.CloseIdleConnections()
	}
	return leaks, nil
}

// A described is a descriptor as it was when it was first seen: looks that find
// the same again make no garbage, which would have the collector run.
type described struct {
	procfd.FD
	leak probe.Leak
}

func (w *watch) describe(e procfd.Entry) described {
	d, ok := w.described[e]
	if !ok {
		d.FD = procfd.Describe(e.Num)
		d.leak = leak(e, d.FD)
		if w.described == nil {
			w.described = make(map[procfd.Entry]described)
		}
		w.described[e] = d
	}
	return d
}

func ofTCP(l probe.Leak) bool {
	d, ok := l.Resource.(procfd.FD)
	return ok && d.Kind == procfd.KindTCP
}

func leak(e procfd.Entry, d procfd.FD) probe.Leak {
	l := probe.Leak{
		Kind:      Kind,
		ID:        identity(e),
		Unit:      "descriptor",
		Names:     []string{strconv.Itoa(e.Num)},
		Columns:   columns(d),
		Origin:    origin(d),
		Traceable: "who opened descriptors",
		Resource:  d,
	}
	for _, phrase := range d.Detail {
		l.Evidence = append(l.Evidence, probe.Evidence{Label: "detail", Columns: []string{phrase}})
	}
	for _, phrase := range d.Missing {
		l.Evidence = append(l.Evidence, probe.Evidence{Label: "not read", Columns: []string{phrase}})
	}
	return l
}

func identity(e procfd.Entry) string {
	return fmt.Sprintf("%d %x:%x:%x:%x", e.Num, e.ID.Dev, e.ID.Ino, e.ID.Rdev, e.ID.Mode)
}

// columns say what a descriptor is.
func columns(d procfd.FD) []string {
	if d.Local != "" || d.Remote != "" || d.State != "" {
		ends := d.Local
		if d.Remote != "" {
			ends += " → " + d.Remote
		}
		return []string{string(d.Kind), ends, d.State}
	}
	path := report.Path(d.Path)
	if d.Deleted {
		path += " (deleted)"
	}
	kind := string(d.Kind)
	if d.Kind == procfd.KindFile && path != "" {
		kind = "" // the path says it
	}
	if strings.HasPrefix(path, "pipe:") || strings.HasPrefix(path, "anon_inode:") {
		path = "" // the kind says it
	}
	return slices.DeleteFunc([]string{kind, path, d.Flags}, func(s string) bool { return s == "" })
}

// origin is what descriptors that one place opens again and again have in common.
func origin(d procfd.FD) string {
	switch d.Kind {
	case procfd.KindFile, procfd.KindDirectory, procfd.KindDevice:
		return strings.Join([]string{string(d.Kind), filepath.Dir(d.Path), d.Flags}, " ")
	}
	return string(d.Kind) + " " + d.State
}

// fewPeers is up to how many leaks it is told which of them are ends of the same
// connection; beyond that equal ones are better told together.
const fewPeers = 8

// Explain tells of leaks what belongs together, and where each was opened.
func (w *watch) Explain(leaks []probe.Leak) []probe.Leak {
	all, err := procfd.All()
	if err == nil {
		now := make(map[procfd.Entry]procfd.FD, len(all))
		for _, d := range all {
			now[procfd.Entry{Num: d.Num, ID: d.Of}] = d
		}
		for i, l := range leaks {
			d, ok := l.Resource.(procfd.FD)
			if !ok || l.Proven {
				continue
			}
			e := procfd.Entry{Num: d.Num, ID: d.Of}
			if d, open := now[e]; open {
				if len(leaks) > fewPeers {
					d.Detail = slices.DeleteFunc(d.Detail, func(phrase string) bool { return strings.HasPrefix(phrase, "other end") })
				}
				evidence := l.Evidence
				leaks[i] = leak(e, d)
				leaks[i].Owned, leaks[i].Tests = l.Owned, l.Tests
				if len(leaks[i].Evidence) == 0 {
					leaks[i].Evidence = evidence
				}
			}
		}
	}
	if w.opened != nil {
		w.opened.explain(leaks)
	}
	return leaks
}

// Collected marks those of the leaks that were closed by the garbage collector,
// which has run since they were last seen: whoever opened them has forgotten
// them.
func (w *watch) Collected(leaks []probe.Leak) []probe.Leak {
	now, err := w.Grown()
	if err != nil {
		return leaks
	}
	open := make(map[string]bool, len(now))
	for _, l := range now {
		open[l.ID] = true
	}
	for i := range leaks {
		if l := &leaks[i]; !open[l.ID] {
			l.Forgotten, l.Proven = true, true
			l.Evidence = append(l.Evidence, probe.Evidence{Label: "forgotten", Columns: []string{"closed only by the garbage collector"}})
		}
	}
	return leaks
}

// Notes say what the platform can't tell.
func (w *watch) Notes() []string {
	if l := procfd.Limits(); l != "" {
		return []string{l}
	}
	return nil
}

func (w *watch) Stop() {
	if w.opened != nil {
		w.opened.stop()
	}
	tables.Put(w.before)
	tables.Put(w.now)
	w.before, w.now = nil, nil
}
