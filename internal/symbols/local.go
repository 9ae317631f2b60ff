package symbols

import (
	"debug/dwarf"
	"runtime"
	"strings"

	"github.com/leakassert/leakassert/internal/gotype"
)

// A Local is a local variable, parameter or result of a call.
type Local struct {
	Name string
	Type *gotype.Type // nil, and Addr 0, if it is not known which part of the variable is there
	// Addr is where the variable begins. If only parts of it are on the stack, or at scattered places,
	// it is where the variable would begin if all of it lay around the address that was asked for.
	Addr  uint64
	Parts []Part // on the stack
}

// A Part is a part of a variable that is on the stack.
type Part struct {
	Addr         uint64
	Offset, Size uint64 // in the variable
}

// Local returns the local variable, parameter or result whose memory on the stack contains addr, which
// may lie inside the variable. pc is where the call continues, so the variable is that of the instruction
// before it. cfa is the end of the call's frame: parameters lie above it, in the frame of the caller.
// Variables of calls that are inlined there are also found.
//
// A variable that was moved to the heap has only a pointer to it on the stack: its type is that of the
// pointer.
//
// The compiler does not record which parts of some variables are on the stack. Then Local assumes that
// a pointer is at addr.
//
// ok is false if no variable is there, or if several may be: variables that are never used at the same
// time share memory. The compiler records no place for many variables that are not used any more.
func (b *Binary) Local(pc, cfa, addr uint64) (l Local, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	known, seen := b.locals[pc]
	if !seen {
		known = b.findLocals(pc)
		if b.locals == nil {
			b.locals = make(map[uint64][]placed)
		}
		b.locals[pc] = known
	}
	var found *placed
	var at Part // of found
	for i := range known {
		p := &known[i]
		part, has := p.part(addr - cfa)
		if !has {
			continue
		}
		if found == nil {
			found, at = p, part
		} else if found.fixed || p.fixed {
			return Local{}, false
		}
		if p.depth < found.depth { // both have the value: the name of the function itself is clearer
			found, at = p, part
		}
	}
	if found == nil {
		return Local{}, false
	}
	parts := found.parts
	if !found.whole {
		w, ok := onlyPointer(found.typ)
		if !ok || w.size != at.Size {
			return Local{Name: found.name}, true
		}
		at.Offset = w.offset
		parts = []Part{at}
	}
	l = Local{Name: found.name, Type: found.typ, Addr: cfa + at.Addr - at.Offset}
	for _, part := range parts {
		part.Addr += cfa
		l.Parts = append(l.Parts, part)
	}
	return l, true
}

// A placed is a variable at one instruction of a function.
type placed struct {
	name  string
	typ   *gotype.Type
	parts []Part // their addresses are from the end of the frame
	depth int    // 1 in an inlined call, 2 in a call inlined there
	whole bool   // the offsets of the parts are known
	// fixed is true if the place is the same for the whole function, whether the variable is used or not.
	fixed bool
}

// part returns the part that contains an address.
func (p *placed) part(addr uint64) (Part, bool) {
	for _, part := range p.parts {
		if addr-part.Addr < part.Size {
			return part, true
		}
	}
	return Part{}, false
}

// findLocals returns the variables that are on the stack where a call continues.
func (b *Binary) findLocals(pc uint64) []placed {
	f, ok := containing(b.funcs, pc-b.bias)
	if ok && f.Value == pc-b.bias { // the function has not begun
		return nil
	}
	at := pc - b.bias - 1
	if f, ok = containing(b.funcs, at); !ok {
		return nil
	}
	d := b.dwarf()
	if d == nil {
		return nil
	}
	u, entry, ok := d.function(f.Value)
	if !ok {
		return nil
	}
	r := d.data.Reader()
	r.Seek(entry)
	e, err := r.Next()
	if err != nil || e == nil {
		return nil
	}
	if base, _ := e.Val(dwarf.AttrFrameBase).([]byte); len(base) != 1 || base[0] != opCallFrameCFA {
		return nil
	}
	s := scope{debugInfo: d, unit: u, at: at, lines: linesAt(pc)}
	s.read(entry, 0)
	return s.found
}

// linesAt returns the lines of a call and of the calls inlined in it, by depth.
func linesAt(pc uint64) []int {
	var lines []int
	frames := runtime.CallersFrames([]uintptr{uintptr(pc)})
	for more := true; more; {
		var f runtime.Frame
		f, more = frames.Next()
		lines = append([]int{f.Line}, lines...)
	}
	return lines
}

// A scope collects the variables that exist at an address of the file.
type scope struct {
	*debugInfo
	unit  *unit
	at    uint64
	lines []int
	found []placed
}

// read adds the variables below the entry of a function, a block or an inlined call.
func (s *scope) read(entry dwarf.Offset, depth int) {
	s.children(entry, func(e *dwarf.Entry) bool {
		switch e.Tag {
		case dwarf.TagFormalParameter, dwarf.TagVariable:
			s.add(e, depth)
		case dwarf.TagLexDwarfBlock:
			if s.covers(e) {
				s.read(e.Offset, depth)
			}
		case dwarf.TagInlinedSubroutine:
			if s.covers(e) {
				s.read(e.Offset, depth+1)
			}
		}
		return true
	})
}

func (s *scope) covers(e *dwarf.Entry) bool {
	ranges, err := s.data.Ranges(e)
	if err != nil {
		return false
	}
	for _, r := range ranges {
		if r[0] <= s.at && s.at < r[1] {
			return true
		}
	}
	return false
}

// add adds a variable if it is on the stack.
func (s *scope) add(e *dwarf.Entry, depth int) {
	origin := s.origin(e)
	p := placed{depth: depth}
	name, _ := origin.Val(dwarf.AttrName).(string)
	p.name = strings.TrimPrefix(name, "&")
	if p.name == "" || strings.ContainsAny(p.name, ".~") { // the compiler made it, like list.ptr for a part of list
		return
	}
	to, _ := origin.Val(dwarf.AttrType).(dwarf.Offset)
	if p.typ = s.types.Type(to); p.typ == nil {
		return
	}
	var l location
	switch place := e.Val(dwarf.AttrLocation).(type) {
	case []byte:
		line, _ := origin.Val(dwarf.AttrDeclLine).(int64)
		if depth < len(s.lines) && int(line) > s.lines[depth] { // the memory may be that of another variable
			return
		}
		l, p.fixed = s.location(place)
	case int64:
		l = s.locationAt(uint64(place))
	}
	p.parts, p.whole = arrange(l, p.typ, p.fixed)
	if len(p.parts) > 0 {
		s.found = append(s.found, p)
	}
}

// locationAt returns the location that a list has for the instruction. A variable that is somewhere in
// a register counts as being in one.
func (s *scope) locationAt(list uint64) (here location) {
	registers := false
	s.listed(s.unit, list, func(begin, end uint64, expr []byte) {
		l, ok := s.location(expr)
		registers = registers || l.registers
		if ok && begin <= s.at && s.at < end {
			here = l
		}
	})
	here.registers = registers
	return here
}
