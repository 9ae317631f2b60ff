package fdprobe

import (
	"bytes"
	"cmp"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/leakassert/leakassert/internal/goroutine"
	"github.com/leakassert/leakassert/internal/names"
	"github.com/leakassert/leakassert/internal/probe"
	"github.com/leakassert/leakassert/internal/procfd"
)

// A renewal is an exchange: descriptors that were open before the check are replaced by others of
// the same type, by a goroutine of TestMain that rotates a log or reconnects. Nothing shows which
// goroutine opened a descriptor. So if goroutines run that no test started, and no more descriptors
// of a type are new than gone, the new ones count as theirs.
type renewal struct {
	others int // goroutines that no test has started, -1 if there are none
	left   []string
	// foreign says that the descriptors are those of another process.
	foreign bool
	told    string // the note without numbers, once it has been returned
}

// excuse removes the leaks that such an exchange explains. surplus is, by type, how many more
// descriptors are new than gone.
func (r *renewal) excuse(leaks []probe.Leak, surplus map[uint64]int) (kept []probe.Leak) {
	r.left = r.left[:0]
	for _, l := range leaks {
		if surplus[l.Resource.(procfd.FD).Of.Sort()] > 0 || !r.byOthers() {
			kept = append(kept, l)
			continue
		}
		r.left = append(r.left, l.Names[0]+" "+strings.Join(l.Columns, " "))
	}
	return kept
}

// byOthers reports whether there is a goroutine that no test has started.
func (r *renewal) byOthers() bool {
	if r.foreign { // nobody knows what else the process does
		return true
	}
	if r.others == 0 {
		r.others = cmp.Or(running(func(g goroutine.Record) bool { return probe.ScopeOfLabel(g.Label()) == 0 && !names.Idle(g.Text()) }), -1)
	}
	return r.others > 0
}

// running counts the goroutines for which such returns true.
func running(such func(goroutine.Record) bool) (n int) {
	for g := range goroutine.All() {
		if such(g) {
			n++
		}
	}
	return n
}

func (r *renewal) note() string {
	if len(r.left) == 0 {
		return ""
	}
	while := ", while goroutines run that no test has started"
	if r.foreign {
		while = ""
	}
	text := fmt.Sprintf("fd: not reported: new in place of what was open before%s: %s", while, strings.Join(r.left, ", "))
	if r.foreign {
		return text
	}
	if alike := number().ReplaceAllString(text, "N"); alike != r.told {
		if _, said := renewals.LoadOrStore(alike, true); said {
			return ""
		}
		r.told = alike
	}
	return text
}

// renewals has what notes have said, without numbers. A log that is rotated all the time has another
// name in every test.
var renewals sync.Map

// splicePipes finds the pipes that the runtime keeps in a sync.Pool for copying between
// connections. The second collection closes those with which no goroutine is copying. Other pipes
// that look the same stay open.
type splicePipes struct {
	alike map[string]bool // by identity, whether a leak looks like one of these pipes
	stay  map[string]bool
}

// excuse removes the runtime's pipes. It runs a collection only if there are no other leaks,
// because the collection could close these before they are reported.
func (p *splicePipes) excuse(leaks []probe.Leak, now *procfd.Table) []probe.Leak {
	others := 0
	for _, l := range leaks {
		if !p.looksAlike(l, now) {
			others++
		}
	}
	if others > 0 || !slices.ContainsFunc(leaks, func(l probe.Leak) bool { return !p.stay[l.ID] }) {
		return leaks
	}
	runtime.GC()
	runtime.GC()
	for range 20 { // the cleanup runs on its own goroutine
		leaks = slices.DeleteFunc(leaks, func(l probe.Leak) bool {
			d := l.Resource.(procfd.FD)
			return procfd.Describe(d.Num).Of != d.Of
		})
		if len(leaks) == 0 {
			return nil
		}
		turn()
	}
	copying := func(g goroutine.Record) bool { return bytes.Contains(g.Text(), []byte("\ninternal/poll.Splice(")) }
	leaks = leaks[min(2*running(copying), len(leaks)):] // each copying goroutine has such a pipe
	for _, l := range leaks {
		p.stay[l.ID] = true
	}
	return leaks
}

// looksAlike reports whether a leak is a pipe of 1 MiB with both ends in this process that do not
// block. Only Linux has such pipes.
func (p *splicePipes) looksAlike(l probe.Leak, now *procfd.Table) bool {
	d := l.Resource.(procfd.FD)
	if d.Kind != procfd.KindPipe || !strings.Contains(d.Flags, "O_NONBLOCK") {
		return false
	}
	if p.alike == nil {
		p.alike, p.stay = make(map[string]bool), make(map[string]bool)
	}
	alike, known := p.alike[l.ID]
	if !known {
		ends := 0
		for _, e := range now.Entries {
			if e.ID == d.Of {
				ends++
			}
		}
		alike = ends == 2 && procfd.PipeSize(d.Num) == 1<<20
		p.alike[l.ID] = alike
	}
	return alike
}
