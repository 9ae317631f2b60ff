package fdprobe

import (
	"cmp"
	"net"
	"os"
	"reflect"
	"slices"
	"sync"

	"github.com/leakassert/leakassert/internal/alloctype"
	"github.com/leakassert/leakassert/internal/liveobject"
	"github.com/leakassert/leakassert/internal/memprofile"
	"github.com/leakassert/leakassert/internal/names"
	"github.com/leakassert/leakassert/internal/probe"
	"github.com/leakassert/leakassert/internal/procfd"
	"github.com/leakassert/leakassert/internal/retain"
)

// A trace finds the calls that opened descriptors. While every allocation is recorded, each live
// os.File and net connection has a known stack, and it holds the descriptor's number. Nothing is
// read before something leaks.
//
// It is nil without LEAKTEST=trace.
type trace struct {
	// found maps the IDs of leaks to their openers as they were first found, because a descriptor
	// that only the collector closes has no opener left in the report.
	found map[string]opener
	// stale has the addresses of the objects that there were when the check began. A descriptor that
	// was opened later under the number of one of them is not theirs.
	stale []uintptr
}

func newTrace() *trace {
	t := &trace{found: make(map[string]opener)}
	t.stale, _ = openings.Addresses(nil) // without it, all objects count
	return t
}

// An object holds, or has held, a descriptor.
type object = liveobject.Object[*opening]

// holders returns the objects that hold descriptors, by number.
func holders() (map[int][]object, error) {
	all, err := openings.Objects()
	holding := make(map[int][]object)
	for _, o := range all {
		if n, ok := o.Site.holds(o.Words); ok {
			holding[n] = append(holding[n], o)
		}
	}
	return holding, err
}

// An opener says who opened a descriptor: the openings of the objects that hold its number, or why
// none are known.
type opener struct {
	openings []*opening
	object   uintptr // the object that holds it, 0 if not known
	proven   bool    // there is one opening, and it belongs to this descriptor
	why      string
}

// find finds the openers of new leaks or, if again, of all leaks that can be found again.
func (t *trace) find(leaks []probe.Leak, again bool) {
	wanted := func(l probe.Leak) bool {
		found, seen := t.found[l.ID]
		return !seen || again && (!l.Forgotten || found.openings == nil)
	}
	if t == nil || !slices.ContainsFunc(leaks, wanted) {
		return
	}
	holding, err := holders()
	for _, l := range leaks {
		if d, ok := l.Resource.(procfd.FD); ok && wanted(l) {
			t.found[l.ID] = openerOf(d, t.fresh(holding[d.Num]), err)
		}
	}
}

// fresh leaves out the objects that there were when the check began, if there are others.
func (t *trace) fresh(holding []object) []object {
	fresh := slices.DeleteFunc(slices.Clone(holding), func(o object) bool { return slices.Contains(t.stale, o.Address) })
	if len(fresh) == 0 {
		return holding
	}
	return fresh
}

// explain adds to leaks where they were opened.
func (t *trace) explain(leaks []probe.Leak, s probe.Scope) (note string) {
	if t == nil {
		return ""
	}
	trail := sync.OnceValue(memprofile.NewTrail)
	t.find(leaks, true)
	var held []int
	for i := range leaks {
		l := &leaks[i]
		found, ok := t.found[l.ID]
		if !ok {
			continue
		}
		if len(found.openings) == 0 {
			l.AddEvidence("opener", "not known: "+found.why)
		}
		label := "candidate"
		if found.proven {
			label, l.Frames = "opened", found.openings[0].stack
			if !l.Forgotten && found.object != 0 { // of what the collector has closed, nothing is left
				held = append(held, i)
			}
		}
		for _, o := range found.openings {
			call, from := calls(o.stack)
			add := func(label string, call probe.Frame) {
				if found.proven {
					l.AddCall(label, probe.CallOn(o.stack, call))
				} else {
					l.AddEvidence(label, names.Call(call)...)
				}
			}
			add(label, call)
			if names.Std(call) { // on a separate goroutine: find the call that led to it
				from, _ = trail().Behind(o.stack, s)
			}
			if from.Func != "" {
				add("called from", from)
			}
		}
	}
	if len(held) == 0 {
		return ""
	}
	objects := make([]retain.Object, len(held))
	for i, at := range held {
		objects[i] = retain.Object{Address: t.found[leaks[at].ID].object}
	}
	paths, note := retain.Holders(s.Symbols, objects...)
	for i, p := range paths {
		if p.Text != "" {
			leaks[held[i]].AddWay("held by", p.Text, p.Steps)
		}
	}
	return note
}

// A holder is a kind of object in the standard library that holds a descriptor.
type holder struct {
	by     string       // the function that allocates the object
	typ    reflect.Type // nil if this version of Go has no such type
	number []string     // the field with the descriptor's number
	// An object keeps the number after it has closed the descriptor. If it has a flag that shows
	// this, held is the flag's value while the descriptor is open.
	flag string
	held bool
	fits []procfd.Kind // the kinds that the object can hold, nil for all
}

var (
	inPoll      = []string{"pfd", "Sysfd"}
	holderTypes = []holder{
		{by: "os.newFile", typ: liveobject.Pointed[os.File](), number: inPoll},
		{by: "net.newFD", typ: liveobject.Pointed[net.TCPConn](), number: inPoll, fits: procfd.Sockets},
		{by: "os.newRoot", typ: liveobject.Pointed[os.Root](), number: []string{"fd"}, flag: "closed", fits: []procfd.Kind{procfd.KindDirectory}},
		{by: "os.newHandleProcess", typ: liveobject.Pointed[os.Process]("handle"), number: []string{"handle"}, flag: "refs", held: true,
			fits: []procfd.Kind{procfd.KindPidfd}},
	}
)

// holds returns the number of the descriptor that an object holds. ok is false if it holds none.
func (h *holder) holds(words []uintptr) (number int, ok bool) {
	n, ok := liveobject.Field(words, h.typ, h.number...)
	if ok && h.flag != "" {
		flag, known := liveobject.Field(words, h.typ, h.flag)
		ok = known && (flag != 0) == h.held
	}
	return int(n), ok
}

// An opening is a site that makes objects which hold descriptors.
type opening struct {
	*holder
	stack  []probe.Frame
	byName bool // the object's name is the file's name
}

var openings = newOpenings()

func newOpenings() *liveobject.Search[*opening] {
	s := &liveobject.Search[*opening]{Site: openingOn}
	for _, h := range holderTypes {
		if h.typ != nil {
			s.Least, s.Most = min(cmp.Or(s.Least, h.typ.Size()), h.typ.Size()), max(s.Most, h.typ.Size())
		}
	}
	return s
}

// openingOn returns the opening on a stack, if there is one. Only few stacks need their frames: the
// innermost function outside of the runtime decides.
func openingOn(stack []uintptr, size int64) (*opening, bool) {
	i, f := alloctype.Innermost(stack)
	at := slices.IndexFunc(holderTypes, func(h holder) bool { return h.by == f.Name() && h.typ != nil })
	if at < 0 || size < int64(holderTypes[at].typ.Size()) {
		return nil, false
	}
	h := &holderTypes[at]
	if made := alloctype.At(stack, size).Name; made != "" && made != "*"+h.typ.String() {
		return nil, false
	}
	frames := memprofile.Frames(stack[i:])
	byName := slices.ContainsFunc(frames, func(f probe.Frame) bool { return f.Func == "os.openFileNolog" })
	return &opening{h, frames, byName}, true
}

// calls returns the call that opened a descriptor: the innermost one outside of the standard
// library and this library. If it is not in the module under test, from is the innermost call that
// is.
func calls(stack []probe.Frame) (opened, from probe.Frame) {
	outermost := probe.Frame{}
	for _, f := range stack {
		switch {
		case names.OfLibrary(f.Func) || memprofile.OfRuntime(f.Func):
		case names.Std(f):
			outermost = f
		default:
			if opened.Func == "" {
				opened = f
			}
			if from.Func == "" && names.InModule(f) {
				from = f
			}
		}
	}
	if opened.Func == "" { // a server of the standard library
		opened = outermost
	}
	if names.InModule(opened) {
		from = probe.Frame{}
	}
	return opened, from
}
