package retain

import (
	"reflect"
	"runtime"
	"strconv"
	"strings"

	"github.com/leakassert/leakassert/internal/gotype"
	"github.com/leakassert/leakassert/internal/names"
	"github.com/leakassert/leakassert/internal/stored"
)

// A shape says what the memory at an address is. step tells what a pointer in it is called and what
// it points at.
type shape struct {
	form form
	typ  *gotype.Type // of the value or element, or of the map
	at   uint64       // where it begins
}

type form int

const (
	unknown  form = iota
	value         // one value of the type
	elements      // values of the type, one after the other
	table         // what a map's header refers to: its directory, tables and groups
	directory
	groups // the type is that of a group of a map's slots
	trie   // a node of internal/sync.HashTrieMap
	closure
	channel
)

// A step is one reference on the way to an object.
type step struct {
	text string // as Go writes it behind what it is a part of: ".field", "[…]", "[17]"
	// names are the type and field, "server.Server.cache", and the types gone through.
	names []string
	inner bool // the reference is a part of a container's inside, and not told
	// container says that text ends at a container whose inside is entered: a map, a slice.
	container *gotype.Type
	// place is the value that the reference is a part of, if something can be stored in it.
	place *place
	to    shape
}

// memory returns the bytes of an object, of a variable or of a frame from an address on.
type memory struct {
	at    uint64
	bytes []byte
}

func (m memory) word(s *speller, addr uint64) (uint64, bool) {
	if addr < m.at || addr-m.at+uint64(s.g.dump.PtrSize) > uint64(len(m.bytes)) {
		return 0, false
	}
	return s.g.dump.Word(m.bytes, int(addr-m.at)), true
}

func (m memory) slice(addr, n uint64) []byte {
	if addr < m.at || addr-m.at > uint64(len(m.bytes)) || n > uint64(len(m.bytes))-(addr-m.at) {
		return nil
	}
	return m.bytes[addr-m.at:][:n]
}

// step tells what the pointer at an address is, in memory of a shape.
func (s *speller) step(in shape, m memory, slot uint64) step {
	switch in.form {
	case value:
		if slot >= in.at && slot < in.at+uint64(in.typ.Size()) {
			return s.within(in.typ, in.at, m, slot)
		}
		if in = s.array(in, m, slot); in.form == elements { // a pointer to one of many elements
			return s.step(in, m, slot)
		}
	case elements:
		size := uint64(in.typ.Size())
		if slot < in.at || size == 0 {
			break
		}
		st := s.within(in.typ, in.at+(slot-in.at)/size*size, m, slot)
		st.text = "[…]" + st.text
		return st.ofElement()
	case table:
		return s.mapHeader(in, m, slot)
	case directory:
		return step{inner: true, to: shape{form: table, typ: in.typ}}
	case groups:
		return s.mapGroup(in, m, slot)
	case trie:
		return s.trieNode(in, m, slot)
	case closure:
		return s.captured(in, m, slot)
	case channel:
		if slot-in.at == uint64(2*s.g.dump.PtrSize) {
			return step{inner: true, to: s.pointee(elements, in.typ, m, slot)}
		}
		return step{text: " waiting goroutine"}
	}
	return step{text: unknownStep}
}

// unknownStep stands for any number of references of which only the objects are known.
const unknownStep = " → …"

// array returns what surrounds a value that a pointer into the middle of an object has shown.
func (s *speller) array(in shape, m memory, slot uint64) shape {
	size := uint64(in.typ.Size())
	if size == 0 || 2*size > uint64(len(m.bytes)) {
		return shape{}
	}
	for slot < in.at { // begin before it
		if in.at < m.at+size {
			return shape{}
		}
		in.at -= (in.at - slot + size - 1) / size * size
	}
	return shape{form: elements, typ: in.typ, at: in.at}
}

// pointee is the shape of what the pointer at a slot points at.
func (s *speller) pointee(f form, t *gotype.Type, m memory, slot uint64) shape {
	p, _ := m.word(s, slot)
	return shape{f, t, p}
}

// within tells what the word at a slot is in a value of a type at an address.
func (s *speller) within(t *gotype.Type, at uint64, m memory, slot uint64) step {
	word := uint64(s.g.dump.PtrSize)
	switch t.Kind() {
	case reflect.Struct:
		if e, ok := pointsTo(t); ok { // atomic.Pointer
			return step{place: methodPlace(t, at), to: s.pointee(value, e, m, slot)}
		}
		if isTrie(t) {
			return step{container: t, inner: true, to: shape{form: trie, at: at}}
		}
		f, ok := t.FieldAt(int64(slot - at))
		if !ok {
			break
		}
		st := s.within(f.Type, at+uint64(f.Offset), m, slot)
		if t.Name() == "sync.Map" {
			st.container, st.names, st.place = t, nil, methodPlace(t, at)
			return st
		}
		if st.place.declare(t, f); t.Pkg() == "sync/atomic" {
			st.place = methodPlace(t, at)
		}
		if !(f.Embedded && f.Type.Kind() == reflect.Struct) && !(f.Name == "v" && t.Pkg() == "sync/atomic") {
			st.text = "." + f.Name + st.text
		}
		for _, of := range typeNames(t) {
			st.names = append(st.names, of+"."+f.Name, of)
		}
		return st
	case reflect.Array:
		if size := uint64(t.Elem().Size()); size > 0 {
			i := (slot - at) / size
			st := s.within(t.Elem(), at+i*size, m, slot)
			st.text = "[" + strconv.FormatUint(i, 10) + "]" + st.text
			return st
		}
	case reflect.Pointer:
		return step{place: s.place(t, at, m), to: s.pointee(value, t.Elem(), m, slot), names: typeNames(t.Elem())}
	case reflect.Slice:
		return step{place: s.place(t, at, m), container: t, to: s.pointee(elements, t.Elem(), m, slot)}
	case reflect.Map:
		return step{place: s.place(t, at, m), container: t, to: s.pointee(table, t, m, slot)}
	case reflect.Chan:
		return step{place: s.place(t, at, m), container: t, to: s.pointee(channel, t.Elem(), m, slot)}
	case reflect.Func:
		return step{place: s.place(t, at, m), to: s.pointee(closure, nil, m, slot)}
	case reflect.String:
		return step{place: s.place(t, at, m)}
	case reflect.Interface:
		if dynamic := s.dynamic(t, at, m); dynamic != nil && slot == at+word {
			if isPointer(dynamic) {
				st := s.within(dynamic, slot, m, slot)
				st.text = ".(" + dynamic.Name() + ")" + st.text
				if st.container == nil {
					st.place = s.place(t, at, m)
				}
				return st
			}
			return step{text: ".(" + dynamic.Name() + ")", place: s.place(t, at, m), names: typeNames(dynamic), to: s.pointee(value, dynamic, m, slot)}
		}
	}
	return step{text: unknownStep}
}

// typeNames returns the name of a declared type, short and with the path of its package.
func typeNames(t *gotype.Type) []string {
	if t.Pkg() == "" {
		return nil
	}
	names := []string{t.Name()}
	if _, name, ok := strings.Cut(t.Name(), "."); ok && t.Pkg()+"."+name != t.Name() {
		names = append(names, t.Pkg()+"."+name)
	}
	return names
}

// dynamic returns the type of the value in an interface, nil if it is not known.
func (s *speller) dynamic(t *gotype.Type, at uint64, m memory) *gotype.Type {
	first, ok := m.word(s, at)
	if !ok {
		return nil
	}
	if of, isTable := s.g.dump.Itabs[first]; isTable {
		first = of
	}
	dynamic, _ := gotype.OfRuntime(first)
	return dynamic
}

// isPointer reports whether an interface holds a value of the type in its own word.
func isPointer(t *gotype.Type) bool {
	switch t.Kind() {
	case reflect.Pointer, reflect.Map, reflect.Chan, reflect.Func, reflect.UnsafePointer:
		return true
	case reflect.Struct:
		fields := t.Fields()
		return len(fields) == 1 && isPointer(fields[0].Type)
	case reflect.Array:
		return t.Len() == 1 && isPointer(t.Elem())
	}
	return false
}

// pointsTo returns what an atomic.Pointer points at. Its pointer is an unsafe one, beside an array of
// no elements that has the type.
func pointsTo(t *gotype.Type) (*gotype.Type, bool) {
	if t.Pkg() != "sync/atomic" || !strings.HasPrefix(t.Name(), "atomic.Pointer[") {
		return nil, false
	}
	for _, f := range t.Fields() {
		if f.Type.Kind() == reflect.Array && f.Type.Elem().Kind() == reflect.Pointer {
			return f.Type.Elem().Elem(), true
		}
	}
	return nil, false
}

// literal writes the value at an address as Go does, if it is a short string or a number.
func (s *speller) literal(t *gotype.Type, m memory, at uint64) string {
	const most = 32
	b := m.slice(at, uint64(t.Size()))
	if b == nil {
		return "…"
	}
	switch k := t.Kind(); k {
	case reflect.String:
		p, _ := m.word(s, at)
		n, _ := m.word(s, at+uint64(s.g.dump.PtrSize))
		if n > most {
			return "…"
		}
		text := s.at(p).slice(p, n)
		if text == nil && n > 0 {
			return "…"
		}
		return strconv.Quote(string(text))
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return strconv.FormatInt(signed(b), 10)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return strconv.FormatUint(unsigned(b), 10)
	case reflect.Bool:
		return strconv.FormatBool(b[0] != 0)
	}
	return "…"
}

func unsigned(b []byte) (n uint64) {
	for i := len(b) - 1; i >= 0; i-- {
		n = n<<8 | uint64(b[i])
	}
	return n
}

func signed(b []byte) int64 {
	shift := 64 - 8*len(b)
	return int64(unsigned(b)<<shift) >> shift
}

// captured tells which variable of a closure a pointer is.
func (s *speller) captured(in shape, m memory, slot uint64) step {
	entry, _ := m.word(s, m.at)
	st := step{text: " captures a variable"}
	if f := runtime.FuncForPC(uintptr(entry)); f != nil {
		st.names = []string{f.Name(), names.Func(f.Name())}
	}
	vars, _ := s.g.symbols.Closure(entry)
	for _, v := range vars {
		at := m.at + uint64(v.Offset)
		if v.Type == nil || slot < at || slot >= at+uint64(v.Type.Size()) {
			continue
		}
		inner := s.within(v.Type, at, m, slot)
		inner.text = " captures " + v.Name + inner.text
		if f := runtime.FuncForPC(uintptr(entry)); f != nil {
			inner.place.in(stored.Decl{Pkg: names.Package(f.Name()), Name: v.Name, Local: true})
		}
		inner.names = append(st.names, inner.names...)
		return inner
	}
	return st
}
