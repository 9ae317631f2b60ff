package retain

import (
	"runtime"
	"slices"
	"strings"

	"github.com/leakassert/leakassert/internal/gotype"
	"github.com/leakassert/leakassert/internal/names"
	"github.com/leakassert/leakassert/internal/probe"
	"github.com/leakassert/leakassert/internal/stored"
)

// A speller writes the way from a root to an object as Go would reach it.
type speller struct {
	g *graph
	// slots has the first pointers of the last large object that a way led through. Thousands of leaks are often
	// held by one array.
	slots struct {
		of int32
		to map[int32]int // the offset in it, by the object it points at
	}
}

// object returns the memory of an object.
func (s *speller) object(i int32) memory {
	return memory{s.g.dump.Addr(int(i)), s.g.dump.Bytes(int(i))}
}

// at returns the memory of the object that contains an address, or of the package variables.
func (s *speller) at(addr uint64) memory {
	if i, ok := s.g.dump.Find(addr); ok {
		return s.object(int32(i))
	}
	for _, seg := range s.g.dump.Segments {
		if addr >= seg.Addr && addr < seg.Addr+uint64(len(seg.Bytes)) {
			return memory{seg.Addr, seg.Bytes}
		}
	}
	return memory{}
}

// A spelled is a way in words, up to and with each of its objects.
type spelled struct {
	holder string // the root and what follows, up to the last object
	// steps are the parts of holder, and nodes what each of them leads to: an object or a root, or
	// noNode.
	steps []probe.Step
	nodes []int32
	// typ is the type of the last object, "" if it is not known.
	typ string
	// container is the text and type of the last container on the way in whose inside the last
	// object is; "" if it is not inside of one.
	container string
	inside    *gotype.Type
	names     []string
	// places are the values that the way goes through. entered is how many of them lead to the
	// container.
	places  []passed
	entered int
	root    stored.Decl // the variable, if the root is one
}

// pass adds the place of a step from the last of some nodes.
func (w *spelled) pass(p *place, nodes int) {
	if p == nil {
		return
	}
	if n := len(w.places); n > 0 && p.Decl == (stored.Decl{}) {
		p.Decl = w.places[n-1].Decl // of the variable or field whose value this is
	}
	w.places = append(w.places, passed{p.Place, nodes})
}

// spell writes a way: the nodes from a root on.
func (s *speller) spell(way []int32) (w spelled) {
	r := s.g.root(way[0])
	var text path
	text.node = way[0]
	m, in, slot := s.start(r, way[1], &text, &w)
	library := false // the way ends in a function of the library or of testing, or behind one
	fromChecks := r.rank >= ofChecks && r.rank <= inChecks
	for i, object := range way[1:] {
		var st step
		if slot != 0 {
			st = s.step(in, m, slot)
		}
		before := text.String()
		if text.node = object; i == 0 && st.text == "" {
			text.leadTo(object) // a pointer
		}
		text.add(st.text)
		w.names = append(w.names, st.names...)
		if i == 0 {
			st.place.in(w.root)
		}
		w.pass(st.place, i+1)
		switch {
		case st.container != nil:
			w.container, w.inside, w.entered = before+st.text, st.container, len(w.places)
			if st.container.Name() == "sync.Map" { // which can't be told from a map by the text
				text.add(" (sync.Map)")
			}
		case !st.inner:
			w.container, w.inside = "", nil
		}
		m, in = s.object(object), st.to
		if slot == 0 { // the root refers to the object itself
			in = s.startShape(r, m)
		}
		if in.form == unknown {
			in = s.guess(m)
		}
		if in.form == closure {
			if fromChecks { // what lies between the library and a test's function tells nothing
				text, w, fromChecks = path{node: object}, spelled{}, s.ofChecks(m)
				library = fromChecks
			}
			text.add(" " + s.function(m))
		}
		w.typ = s.typeOf(in, m)
		if i+2 < len(way) {
			slot = s.slot(object, way[i+2])
		}
	}
	if library { // what lies there tells nothing
		text, w.container = path{node: noNode}, ""
		text.add(theTest)
	}
	w.steps, w.nodes = text.steps()
	w.holder, w.container = strings.TrimSpace(folded(text.String())), strings.TrimSpace(folded(w.container))
	return w
}

// folded replaces what only the runtime knows.
func folded(text string) string {
	rest, ok := strings.CutPrefix(text, timerHeap+"[…].timer")
	if !ok {
		return text
	}
	return pendingTimer + strings.TrimPrefix(rest, ".arg.(func())")
}

const (
	pendingTimer = "a pending timer"
	timerHeap    = "runtime.allp[…].timers.heap"
)

// slot returns the address of the first pointer in an object to another one.
func (s *speller) slot(from, to int32) uint64 {
	const large = 4 << 10 // bytes
	addr := s.g.dump.Addr(int(from))
	if len(s.g.dump.Bytes(int(from))) < large {
		for offset, o := range s.g.dump.Refs(int(from)) {
			if int32(o) == to {
				return addr + uint64(offset)
			}
		}
		return 0
	}
	if s.slots.to == nil || s.slots.of != from {
		s.slots.of, s.slots.to = from, make(map[int32]int)
		for offset, o := range s.g.dump.Refs(int(from)) {
			if _, seen := s.slots.to[int32(o)]; !seen {
				s.slots.to[int32(o)] = offset
			}
		}
	}
	if offset, ok := s.slots.to[to]; ok {
		return addr + uint64(offset)
	}
	return 0
}

// guess returns the shape of an object that a pointer of unknown type points at.
func (s *speller) guess(m memory) shape {
	if in := headed(m); in.form != unknown {
		return in
	}
	if entry, ok := m.word(s, m.at); ok {
		if f := runtime.FuncForPC(uintptr(entry)); f != nil && f.Entry() == uintptr(entry) {
			return shape{form: closure, at: m.at}
		}
	}
	return shape{}
}

// headed returns the shape of an object as the header says that the runtime puts before objects
// with pointers of more than 512 bytes.
func headed(m memory) shape {
	const header, least = 8, 512
	if len(m.bytes) <= least {
		return shape{}
	}
	var addr uint64
	for i := header - 1; i >= 0; i-- {
		addr = addr<<8 | uint64(m.bytes[i])
	}
	t, ok := gotype.OfRuntime(addr)
	if !ok || t.Size() == 0 || t.Size() > int64(len(m.bytes)-header) {
		return shape{}
	}
	if strings.HasPrefix(t.Name(), "map.group[") {
		return shape{groups, t, m.at + header}
	}
	if 2*t.Size() <= int64(len(m.bytes)-header) {
		return shape{elements, t, m.at + header}
	}
	return shape{value, t, m.at + header}
}

// typeOf returns what an object of a shape is: "*server.context", "[]uint8".
func (s *speller) typeOf(in shape, m memory) string {
	switch in.form {
	case value:
		if 2*in.typ.Size() <= int64(len(m.bytes)) && in.at != m.at {
			return ""
		}
		return "*" + in.typ.Name()
	case elements:
		return "[]" + in.typ.Name()
	case closure:
		return "func literal"
	}
	return ""
}

// function names the function of a closure.
func (s *speller) function(m memory) string {
	if entry, ok := m.word(s, m.at); ok {
		if f := runtime.FuncForPC(uintptr(entry)); f != nil {
			return "func " + names.Func(f.Name())
		}
	}
	return "func"
}

// ofChecks reports whether a closure's function belongs to package testing or this library.
func (s *speller) ofChecks(m memory) bool {
	entry, ok := m.word(s, m.at)
	if f := runtime.FuncForPC(uintptr(entry)); ok && f != nil {
		return names.OfLibrary(f.Name()) || isTesting(names.Package(f.Name()))
	}
	return false
}

// A path is the text of a way. What repeats, as in a list, is written once: ".head.next…".
type path struct {
	parts []string
	nodes []int32 // that the parts lead to
	node  int32   // that the next part leads to
}

// noNode is in the place of a node that is not known.
const noNode = -1

// leadTo says that all parts together lead to a node.
func (p *path) leadTo(node int32) {
	if n := len(p.nodes); n > 0 {
		p.nodes[n-1] = node
	}
}

func (p *path) add(text string) {
	if text != "" && !(text == unknownStep && len(p.parts) > 0 && p.parts[len(p.parts)-1] == text) {
		p.parts, p.nodes = append(p.parts, text), append(p.nodes, p.node)
	}
}

func (p *path) String() string {
	var b strings.Builder
	p.written(func(part string, _ int32) { b.WriteString(part) })
	return b.String()
}

// written calls f with the parts as they are written, and what each of them leads to.
func (p *path) written(f func(part string, node int32)) {
	for i := 0; i < len(p.parts); {
		period, times := p.repeats(i)
		for k, part := range p.parts[i : i+period] {
			if times > 2 && k == period-1 {
				part += "…"
			}
			f(part, p.nodes[i+k])
		}
		if times > 2 {
			period *= times
		}
		i += period
	}
}

// steps returns the parts of the text that holder has, and the nodes that they lead to. A part that
// explains the one before it, as it leads to the same node, is joined with it.
func (p *path) steps() (steps []probe.Step, nodes []int32) {
	p.written(func(part string, node int32) {
		if n := len(steps); n > 0 && nodes[n-1] == node && (strings.HasPrefix(part, " ") || strings.HasPrefix(part, ": ")) {
			steps[n-1].Text += part
			return
		}
		steps, nodes = append(steps, probe.Step{Text: part}), append(nodes, node)
	})
	text := p.String()
	if short := folded(text); short != text { // its first steps are only the runtime's
		for cut := len(text) - len(strings.TrimPrefix(short, pendingTimer)); cut > 0; {
			if n := len(steps[0].Text); n > cut || len(steps) == 1 {
				steps[0].Text = steps[0].Text[min(cut, n):]
				break
			} else {
				steps, nodes, cut = steps[1:], nodes[1:], cut-n
			}
		}
		steps, nodes = slices.Insert(steps, 0, probe.Step{Text: pendingTimer}), slices.Insert(nodes, 0, int32(noNode))
	}
	if n := len(steps); n > 0 {
		steps[0].Text = strings.TrimLeft(steps[0].Text, " ")
		steps[n-1].Text = strings.TrimRight(steps[n-1].Text, " ")
	}
	return steps, nodes
}

// repeats returns how many parts from i on repeat, and how often.
func (p *path) repeats(i int) (period, times int) {
	for period = 1; period <= 3; period++ {
		times = 1
		for at := i + period; at+period <= len(p.parts) && slices.Equal(p.parts[i:i+period], p.parts[at:at+period]); at += period {
			times++
		}
		if times > 2 {
			return period, times
		}
	}
	return 1, 1
}
