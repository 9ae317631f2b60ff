package fdprobe

import (
	"cmp"
	"fmt"
	"runtime"
	"slices"
	"strings"

	"github.com/leakassert/leakassert/internal/memprofile"
	"github.com/leakassert/leakassert/internal/probe"
	"github.com/leakassert/leakassert/internal/procfd"
	"github.com/leakassert/leakassert/internal/report"
)

// A trace knows the stacks that have opened files and sockets which are still
// reachable: each os.File and net connection is an allocation, and with
// MemProfileRate 1 the heap profile has the stack of every one that is live.
type trace struct {
	before map[string]opener
	stop   func()
}

func startTrace() *trace {
	stop := memprofile.Every()
	return &trace{before: byKey(openers()), stop: stop}
}

// An opener is a stack that has opened descriptors of one sort which are still
// reachable.
type opener struct {
	sort  sort
	call  probe.Frame // the user's
	stack []probe.Frame
	live  int64 // how many are reachable
	made  int64 // and how many there were in all
}

func (o opener) key() string { return fmt.Sprint(o.sort, o.stack) }

// A sort is as far as an allocation tells descriptors apart.
type sort int

const (
	files sort = iota
	pipes
	socketFiles
	other
)

func sortOf(d procfd.FD) sort {
	switch {
	case slices.Contains(sockets, d.Kind):
		return socketFiles
	case d.Kind == procfd.KindPipe && strings.HasPrefix(d.Path, "pipe:"):
		return pipes
	case d.Kind == procfd.KindFile, d.Kind == procfd.KindDirectory, d.Kind == procfd.KindDevice, d.Kind == procfd.KindPipe:
		return files
	}
	return other
}

// openers reads the profile of live allocations, which shows the heap as of the
// last collection but one.
func openers() []opener {
	runtime.GC()
	runtime.GC()
	records := memprofile.Read(nil, true)
	found := make(map[string]*opener)
	for i := range records {
		o, ok := open(records[i].Stack())
		if !ok {
			continue
		}
		o.live, o.made = records[i].InUseObjects(), records[i].AllocObjects
		// A file is two allocations in one place.
		if known := found[o.key()]; known != nil {
			known.live, known.made = max(known.live, o.live), max(known.made, o.made)
		} else {
			found[o.key()] = &o
		}
	}
	var list []opener
	for _, o := range found {
		list = append(list, *o)
	}
	slices.SortFunc(list, func(a, b opener) int { return cmp.Or(cmp.Compare(b.live, a.live), strings.Compare(a.key(), b.key())) })
	return list
}

// open reports whether a stack has made an os.File or a network descriptor, and
// whose call that was.
func open(pcs []uintptr) (o opener, ok bool) {
	for _, f := range memprofile.Frames(pcs) {
		switch {
		case ok:
			o.stack = append(o.stack, f)
			if f.Func == "os.Pipe" {
				o.sort = pipes
			}
			if o.call.Func == "" && !report.Std(f) {
				o.call = f
			}
		case f.Func == "os.newFile":
			o.sort, ok = files, true
		case f.Func == "net.newFD":
			o.sort, ok = socketFiles, true
		default:
			if !strings.HasPrefix(f.Func, "runtime.") && !strings.HasPrefix(f.Func, "os.") && !strings.HasPrefix(f.Func, "net.") {
				return o, false
			}
		}
	}
	if !ok || slices.ContainsFunc(o.stack, ours) {
		return o, false
	}
	if o.call.Func == "" {
		// A server of the standard library may hold a connection; files without
		// a caller are the testing package's.
		for _, f := range o.stack {
			if report.Package(f.Func) != "runtime" {
				o.call = f
			}
		}
		ok = o.sort == socketFiles
	}
	return o, ok
}

// ours reports whether a frame is of a package that makes the reports.
func ours(f probe.Frame) bool {
	const internal = "github.com/leakassert/leakassert/internal/"
	return strings.HasPrefix(f.Func, internal+"procfd.") || strings.HasPrefix(f.Func, internal+"report.") || strings.HasPrefix(f.Func, internal+"fdprobe.")
}

func byKey(list []opener) map[string]opener {
	m := make(map[string]opener, len(list))
	for _, o := range list {
		m[o.key()] = o
	}
	return m
}

// explain tells leaks where they were opened. Of one sort, when one call has
// opened all that are still reachable, and those are as many as have leaked,
// it is that; otherwise the calls are told as candidates: some of what they have
// opened was closed, or some leaks were opened by system calls. What the
// collector has closed is not reachable any more: then all calls count that have
// opened any.
func (t *trace) explain(leaks []probe.Leak) {
	type class struct {
		sort      sort
		forgotten bool
	}
	calls := make(map[class][]opener)
	for _, o := range openers() {
		before := t.before[o.key()]
		o.live, o.made = o.live-before.live, o.made-before.made
		if o.sort == pipes { // both ends are made in one place
			o.live, o.made = 2*o.live, 2*o.made
		}
		for _, forgotten := range []bool{false, true} {
			if !forgotten && o.live <= 0 || o.made <= 0 {
				continue
			}
			c := class{o.sort, forgotten}
			calls[c] = add(calls[c], o)
		}
	}
	classOf := func(l probe.Leak) (c class, ok bool) {
		d, ok := l.Resource.(procfd.FD)
		return class{sortOf(d), l.Forgotten}, ok
	}
	leaked := make(map[class]int64)
	for _, l := range leaks {
		if c, ok := classOf(l); ok {
			leaked[c] += l.N()
		}
	}
	for i := range leaks {
		l := &leaks[i]
		c, ok := classOf(*l)
		if !ok {
			continue
		}
		from := calls[c]
		if len(from) == 1 && (c.forgotten || from[0].live == leaked[c]) {
			l.Evidence = append(l.Evidence, probe.Evidence{Label: "opened", Columns: report.Call(from[0].call)})
			l.Frames = from[0].stack
			continue
		}
		for _, o := range from {
			n := o.live
			if c.forgotten {
				n = o.made
			}
			l.Evidence = append(l.Evidence, probe.Evidence{Label: "candidate", Columns: append([]string{fmt.Sprintf("%d×", n)}, report.Call(o.call)...)})
		}
	}
}

// add adds an opener to those whose user's call is the same.
func add(calls []opener, o opener) []opener {
	if i := slices.IndexFunc(calls, func(c opener) bool { return c.call == o.call }); i >= 0 {
		calls[i].live += o.live
		calls[i].made += o.made
		return calls
	}
	return append(calls, o)
}
