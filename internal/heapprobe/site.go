package heapprobe

import (
	"fmt"
	"hash/maphash"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/leakassert/leakassert/internal/alloctype"
	"github.com/leakassert/leakassert/internal/memprofile"
	"github.com/leakassert/leakassert/internal/names"
	"github.com/leakassert/leakassert/internal/probe"
)

// A Site is a stack that allocates.
type Site struct {
	key   siteKey
	stack []uintptr
	size  int64 // of the first object seen
	// frames are the calls, innermost first, without the runtime's.
	frames []probe.Frame
	// user is the first call outside of the standard library, and in the function of the
	// standard library that it called, if any.
	user, in probe.Frame
	// from is the next call outside of the standard library, preferably one in the module
	// under test.
	from  probe.Frame
	owner owner
	tests []string

	findType sync.Once
	typ      alloctype.Type
}

type siteKey uint64

var (
	seed = maphash.MakeSeed()
	// sites holds a Site for each stack that was ever found to hold something.
	sites = struct {
		sync.Mutex
		known map[siteKey]*Site
	}{known: make(map[siteKey]*Site)}
)

func keyOf(r *memprofile.Record) siteKey { return siteKey(maphash.Comparable(seed, r.Stack0)) }

// siteOf returns the site of a record. It derives the facts about a stack only once.
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
	s.tests, _ = names.TestsOn(s.frames)
	for _, f := range s.body() {
		switch std := names.Std(f); {
		case std && s.user.Func == "":
			s.in = f // the last one is what the user's code called
		case std:
		case s.user.Func == "":
			s.user = f
		case s.from.Func == "" || names.InModule(f) && !names.InModule(s.user) && !names.InModule(s.from):
			s.from = f
		}
	}
	sites.known[key] = s
	return s
}

// body returns the calls of the body, without the library's calls that run it.
func (s *Site) body() []probe.Frame {
	if i := slices.IndexFunc(s.frames, func(f probe.Frame) bool { return names.OfLibrary(f.Func) }); i >= 0 {
		return s.frames[:i]
	}
	return s.frames
}

// withoutRuntime removes the runtime's calls at both ends.
func withoutRuntime(frames []probe.Frame) []probe.Frame {
	users := func(f probe.Frame) bool { return !memprofile.OfRuntime(f.Func) }
	frames = frames[max(0, slices.IndexFunc(frames, users)):]
	for len(frames) > 0 && !users(frames[len(frames)-1]) {
		frames = frames[:len(frames)-1]
	}
	return frames
}

// Type returns what the site allocates, as Go writes it: "*cache.entry", "[]byte". It returns ""
// if the type is unknown.
func (s *Site) Type() string { return s.allocated().Name }

func (s *Site) allocated() alloctype.Type {
	s.findType.Do(func() { s.typ = alloctype.At(s.stack, s.size) })
	return s.typ
}

// tiny reports whether the site's objects may share a block of 16 bytes with other objects. The
// block lives as long as any of them, and the profile lists it under the first one's site.
func (s *Site) tiny() bool {
	return s.size <= tinyBlock && s.allocated().PointerFree && s.allocated().Size < tinyBlock
}

// maybeTiny reports whether the site is tiny, or may be because its type is unknown.
func (s *Site) maybeTiny() bool { return s.tiny() || s.size == tinyBlock && s.Type() == "" }

const tinyBlock = 16

// An amount is a number of live objects and their bytes.
type amount struct{ objects, bytes int64 }

func (a amount) minus(b amount) amount { return amount{a.objects - b.objects, a.bytes - b.bytes} }
func (a amount) plus(b amount) amount  { return amount{a.objects + b.objects, a.bytes + b.bytes} }

// least and most take the lesser and the greater of each number.
func (a amount) least(b amount) amount {
	return amount{min(a.objects, b.objects), min(a.bytes, b.bytes)}
}
func (a amount) most(b amount) amount {
	return amount{max(a.objects, b.objects), max(a.bytes, b.bytes)}
}

// A siteAmount is the live amount of one site.
type siteAmount struct {
	*Site
	amount
	background bool // it also grows while the body does not run
}

func (s siteAmount) leak() probe.Leak {
	// Don't use fmt or anything else with a sync.Pool. Each look would take out and put back what
	// the body left in the pool, so it would never go away.
	id := strconv.FormatUint(uint64(s.key), 16)
	return probe.Leak{
		Kind: Kind, ID: id, Origin: id, Unit: "object", Count: s.objects, Bytes: s.bytes,
		Frames: s.frames, Tests: s.tests, Callable: true, Resource: s.Site,
	}
}

// describe adds the known facts about a site to its leak.
func (s *Site) describe(l *probe.Leak, whole bool) {
	l.Columns = nil
	if t := s.Type(); t != "" {
		l.Columns = []string{t}
	}
	if l.Count <= 0 { // not more objects, but more bytes
		l.Unit = "larger object"
	}
	allocated, by := s.user, s.in
	if allocated.Func == "" {
		allocated, by = s.in, probe.Frame{}
	}
	if allocated.Func != "" {
		call := names.Call(allocated)
		if by.Func != "" && by.Func != allocated.Func {
			call = append(call, "in "+names.Func(by.Func))
		}
		l.Evidence = append(l.Evidence, probe.Evidence{Label: "allocated", Columns: call, Call: s.callAt(allocated)})
	}
	l.SetPlace(strings.TrimSpace(names.Stable(allocated) + " " + s.Type()))
	if s.from.Func != "" {
		l.AddCall("called from", s.callAt(s.from))
	}
	if why := retained(s.frames); why != "" {
		l.AddEvidence("retained", why)
	} else if when := pending(s.frames, l.N()); when != "" {
		l.AddEvidence("pending", when)
	}
	if s.tiny() {
		l.AddEvidence("shared", "objects under 16 bytes without pointers share blocks: this call used the block first, another object in it may be live; IgnoreFunc and IgnoreType don't apply, MaxObjects does")
	}
	if l.HasFunc(func(f string) bool { return f == "sync.(*Once).doSlow" }) {
		l.AddEvidence("first use", "made through sync.Once: call it once before the check, in TestMain for instance")
	}
	if whole {
		for _, f := range s.body() {
			l.AddEvidence("stack", names.Call(f)...)
		}
	}
}

// callAt returns the call at a frame of the site.
func (s *Site) callAt(f probe.Frame) probe.CallSite {
	c := probe.CallOn(s.frames, f)
	if c.Callee == "" { // it allocates the object itself
		c.Callee = allocates
	}
	return c
}

const allocates = "runtime.mallocgc"

// A site with less than one part in small of all objects and bytes is not listed by itself.
const small = 100

// total is the amount of leaks.
func total(leaks []probe.Leak) (all amount) {
	for _, l := range leaks {
		all = all.plus(amount{l.N(), l.Bytes})
	}
	return all
}

// listed groups leaks that look the same to a reader. It sums up, by tests, the leaks that have
// less than a hundredth of all objects and of all bytes.
func listed(leaks []probe.Leak, all amount) (list []probe.Leak) {
	for i := range leaks {
		leaks[i].Origin = "" // Origin keeps sites apart
	}
	var rest []probe.Leak
	counts := make(map[string]int)
	for _, l := range probe.Group(leaks, nil) {
		if small*l.N() >= all.objects || small*l.Bytes >= all.bytes {
			list = append(list, l)
			continue
		}
		key := strings.Join(l.Tests, "\n")
		counts[key]++
		i := slices.IndexFunc(rest, func(r probe.Leak) bool { return slices.Equal(r.Tests, l.Tests) })
		if i < 0 {
			l.Places = slices.Clone(l.Places)
			rest = append(rest, l)
			continue
		}
		r := &rest[i]
		r.Count, r.Bytes = r.Count+l.N(), r.Bytes+l.Bytes
		r.Places = append(r.Places, l.Places...)
		r.ID, r.Frames, r.Resource, r.Evidence = "rest "+key, nil, nil, nil
		r.Columns = []string{fmt.Sprintf("at %d more sites, each with less than a hundredth of all", counts[key])}
	}
	for i := range rest {
		rest[i].Places = probe.MergePlaces(rest[i].Places)
	}
	return append(list, rest...)
}
