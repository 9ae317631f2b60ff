package retain

import (
	"fmt"
	"slices"
	"strings"

	"github.com/leakassert/leakassert/internal/gotype"
	"github.com/leakassert/leakassert/internal/names"
	"github.com/leakassert/leakassert/internal/stored"
	"github.com/leakassert/leakassert/internal/symbols"
)

// start returns the memory of a root, its shape, and the address of the pointer to the first object; 0 if
// the root refers to the object without a place.
func (s *speller) start(r *root, object int32, text *path, w *spelled) (m memory, in shape, slot uint64) {
	offset := -1
	if i := slices.IndexFunc(r.refs, func(x ref) bool { return x.object == object }); i >= 0 {
		offset = r.refs[i].offset
	}
	switch {
	case r.variable != nil:
		m = s.at(r.variable.Addr) // which may be in another segment than what it points at
		text.add(r.variable.Name)
		w.names = append(w.names, r.variable.Name, r.variable.Full)
		path := names.Package(r.variable.Full)
		w.root = stored.Decl{Pkg: path, Name: strings.TrimPrefix(r.variable.Full, path+".")}
		if t := r.variable.Type(); t != nil {
			in = shape{value, t, r.variable.Addr}
		}
		for _, slot := range r.via {
			st := s.step(in, m, slot)
			text.add(st.text)
			w.names = append(w.names, st.names...)
			st.place.in(w.root)
			w.pass(st.place, 1)
			in = st.to
			m = s.at(in.at)
			if in.at == 0 {
				m = memory{r.segment.Addr, r.segment.Bytes}
			}
		}
		return memory{r.segment.Addr, r.segment.Bytes}, in, r.segment.Addr + uint64(offset)
	case r.segment != nil:
		text.add(r.name)
		return memory{r.segment.Addr, r.segment.Bytes}, in, r.segment.Addr + uint64(offset)
	case r.frame != nil:
		f := r.frame
		slot = f.SP + uint64(offset)
		text.add(s.call(r))
		w.names = append(w.names, f.Func, names.Func(f.Func))
		if l, ok := s.g.symbols.Local(r.pc, f.SP+uint64(len(f.Bytes)), slot); ok {
			text.add(": " + l.Name)
			w.root = stored.Decl{Pkg: names.Package(f.Func), Name: l.Name, Local: true}
			if l.Type != nil {
				return s.local(r, l), shape{value, l.Type, l.Addr}, slot
			}
		}
		return memory{f.SP, f.Bytes}, in, slot
	}
	if f := r.finalizer; f != nil {
		text.add(r.name)
		if t, ok := gotype.OfRuntime(f.ObjectType); ok && t.Elem() != nil {
			text.add(" of a " + t.Name() + ":")
			w.names = append(w.names, t.Name())
			if o, found := s.g.dump.Find(f.Object); found && offset >= 0 {
				m = s.object(int32(o))
				return m, shape{value, t.Elem(), f.Object}, m.at + uint64(offset)
			}
		}
		return memory{}, shape{}, 0
	}
	text.add(r.name)
	return memory{}, shape{}, 0
}

// local returns the memory of a variable of a call. Parts that are not on the stack are zero.
func (s *speller) local(r *root, l symbols.Local) memory {
	m := memory{l.Addr, make([]byte, l.Type.Size())}
	for _, part := range l.Parts {
		for _, f := range r.goroutine.Frames {
			if in := (memory{f.SP, f.Bytes}).slice(part.Addr, part.Size); in != nil && part.Offset < uint64(len(m.bytes)) {
				copy(m.bytes[part.Offset:], in)
			}
		}
	}
	return m
}

// startShape returns the shape of an object that a root refers to without a place.
func (s *speller) startShape(r *root, m memory) shape {
	if r.finalizer == nil {
		return shape{}
	}
	if t, ok := gotype.OfRuntime(r.finalizer.ObjectType); ok && r.finalizer.Object == m.at && t.Elem() != nil {
		return shape{value, t.Elem(), m.at}
	}
	if r.finalizer.Fn == m.at {
		return shape{form: closure, at: m.at}
	}
	return shape{}
}

// theTest stands for the calls and variables of the checks.
const theTest = "the test that runs"

// call tells a call of a goroutine.
func (s *speller) call(r *root) string {
	function := r.frame.Func
	switch {
	case r.rank >= ofChecks && r.rank <= inChecks:
		return theTest
	case names.IsTest(function[strings.LastIndexByte(function, '.')+1:]): // it has one goroutine
		return names.Func(function)
	}
	return fmt.Sprintf("goroutine %d, %s", r.goroutine.ID, names.Func(function))
}
