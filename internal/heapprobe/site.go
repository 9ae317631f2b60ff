package heapprobe

import (
	"fmt"
	"hash/maphash"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/leakassert/leakassert/internal/alloctype"
	"github.com/leakassert/leakassert/internal/check"
	"github.com/leakassert/leakassert/internal/memprofile"
	"github.com/leakassert/leakassert/internal/probe"
	"github.com/leakassert/leakassert/internal/report"
)

// A Site is a stack that allocates.
type Site struct {
	key   siteKey
	stack []uintptr
	size  int64 // of an object, the first that was seen
	// frames are its calls, innermost first, without the runtime's.
	frames []probe.Frame
	// user is the first call outside of the standard library, in what of that it
	// has called, if it has.
	user, in probe.Frame
	// from is the next call outside of the standard library, by preference one
	// in the module under test.
	from  probe.Frame
	owner owner
	tests []string

	findType sync.Once
	typ      alloctype.Type
}

type siteKey uint64

var (
	seed = maphash.MakeSeed()
	// sites are kept, one for each stack that was ever found to hold something.
	sites struct {
		sync.Mutex
		known map[siteKey]*Site
	}
)

func keyOf(r *memprofile.Record) siteKey { return siteKey(maphash.Comparable(seed, r.Stack0)) }

// siteOf is the site of a record. What is found out of a stack is kept.
func siteOf(key siteKey, r *memprofile.Record) *Site {
	sites.Lock()
	defer sites.Unlock()
	if s := sites.known[key]; s != nil {
		return s
	}
	s := &Site{key: key, stack: slices.Clone(r.Stack()), size: r.InUseBytes() / max(r.InUseObjects(), 1)}
	all := memprofile.Frames(s.stack)
	s.owner = ownerOf(all)
	s.frames = withoutRuntime(all)
	s.tests, _ = check.TestsOn(s.frames)
	for _, f := range s.frames {
		if ofLibrary(f.Func) {
			break // what runs the body
		}
		switch std := report.Std(f); {
		case std && s.user.Func == "":
			s.in = f // the last one is what the user has called
		case std:
		case s.user.Func == "":
			s.user = f
		case s.from.Func == "" || report.InModule(f) && !report.InModule(s.user) && !report.InModule(s.from):
			s.from = f
		}
	}
	if sites.known == nil {
		sites.known = make(map[siteKey]*Site)
	}
	sites.known[key] = s
	return s
}

// withoutRuntime leaves out the calls of the runtime at both ends.
func withoutRuntime(frames []probe.Frame) []probe.Frame {
	for len(frames) > 0 && memprofile.OfRuntime(frames[0].Func) {
		frames = frames[1:]
	}
	for len(frames) > 0 && memprofile.OfRuntime(frames[len(frames)-1].Func) {
		frames = frames[:len(frames)-1]
	}
	return frames
}

// Type is what the site allocates, as Go writes it: "*cache.entry", "[]byte"; ""
// where that can't be established.
func (s *Site) Type() string { return s.allocated().Name }

func (s *Site) allocated() alloctype.Type {
	s.findType.Do(func() { s.typ = alloctype.At(s.stack, s.size) })
	return s.typ
}

// tiny reports whether what the site allocates may share a block of 16 bytes with
// what others allocate, which lives as long as any of them: the profile has the
// block for the first one.
func (s *Site) tiny() bool {
	return s.size <= tinyBlock && s.allocated().PointerFree && s.allocated().Size < tinyBlock
}

const tinyBlock = 16

// An amount is what a site, or the heap, has of live objects.
type amount struct{ objects, bytes int64 }

func (a amount) minus(b amount) amount { return amount{a.objects - b.objects, a.bytes - b.bytes} }
func (a amount) plus(b amount) amount  { return amount{a.objects + b.objects, a.bytes + b.bytes} }

// A siteAmount is what is held of one site.
type siteAmount struct {
	*Site
	amount
	background bool // it grows as well while the body does not run
}

func (s siteAmount) leak() probe.Leak {
	// Not by fmt, and nothing else with a sync.Pool: what the body has left in that
	// would never go, if each look took it out and put it back.
	id := strconv.FormatUint(uint64(s.key), 16)
	return probe.Leak{
		Kind:     Kind,
		ID:       id,
		Origin:   id,
		Unit:     "object",
		Count:    s.objects,
		Bytes:    s.bytes,
		Frames:   s.frames,
		Tests:    s.tests,
		Callable: true,
		Resource: s.Site,
	}
}

// describe adds what is known of a site to its leak.
func (s *Site) describe(l *probe.Leak, whole bool) {
	l.Columns = nil
	if t := s.Type(); t != "" {
		l.Columns = []string{t}
	}
	allocated, by := s.user, s.in
	if allocated.Func == "" {
		allocated, by = s.in, probe.Frame{}
	}
	if allocated.Func != "" {
		call := report.Call(allocated)
		if by.Func != "" && by.Func != allocated.Func {
			call = append(call, "in "+report.Func(by.Func))
		}
		l.Evidence = append(l.Evidence, probe.Evidence{Label: "allocated", Columns: call})
	}
	if s.from.Func != "" {
		l.Evidence = append(l.Evidence, probe.Evidence{Label: "called from", Columns: report.Call(s.from)})
	}
	if why := retained(s.frames); why != "" {
		l.Evidence = append(l.Evidence, probe.Evidence{Label: "retained", Columns: []string{why}})
	}
	if whole {
		for _, f := range s.frames {
			if ofLibrary(f.Func) {
				break // what runs the body
			}
			l.Evidence = append(l.Evidence, probe.Evidence{Label: "stack", Columns: report.Call(f)})
		}
	}
}

// forgetSites has leaks that look the same to a reader be one.
func forgetSites(leaks []probe.Leak) {
	for i := range leaks {
		leaks[i].Origin = ""
	}
}

// small is which part of all a site must have to be listed by itself.
const small = 100

// sumUp merges the leaks of sites that have less than a hundredth of all
// objects and of all bytes.
func sumUp(leaks []probe.Leak) (listed []probe.Leak) {
	var all amount
	for _, l := range leaks {
		all = all.plus(amount{l.N(), l.Bytes})
	}
	rest := make(map[string]*probe.Leak) // by the tests that they belong to
	counts := make(map[string]int)
	var order []string
	for _, l := range leaks {
		if small*l.N() >= all.objects || small*l.Bytes >= all.bytes {
			listed = append(listed, l)
			continue
		}
		key := strings.Join(l.Tests, "\n")
		counts[key]++
		if r := rest[key]; r != nil {
			r.Count += l.N()
			r.Bytes += l.Bytes
			continue
		}
		first := l
		rest[key] = &first
		order = append(order, key)
	}
	for _, key := range order {
		r := *rest[key]
		if n := counts[key]; n > 1 {
			r.ID, r.Frames, r.Resource, r.Evidence = "rest "+key, nil, nil, nil
			r.Columns = []string{fmt.Sprintf("at %d more sites, each with less than a hundredth of all", n)}
		}
		listed = append(listed, r)
	}
	return listed
}
