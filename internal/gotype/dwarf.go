package gotype

import (
	"debug/dwarf"
	"reflect"
	"strings"
	"sync"
)

// Attributes that only Go's DWARF has: cmd/internal/dwarf.
const (
	attrKind     dwarf.Attr = 0x2900
	attrKey      dwarf.Attr = 0x2901
	attrElem     dwarf.Attr = 0x2902
	attrEmbedded dwarf.Attr = 0x2903
	attrRuntime  dwarf.Attr = 0x2904 // the offset of the descriptor from the first
)

// DWARF reads types from DWARF of a binary with the same layout as this process.
type DWARF struct {
	data  *dwarf.Data
	types sync.Map // by offset
}

// NewDWARF returns a DWARF that has read nothing yet.
func NewDWARF(data *dwarf.Data) *DWARF {
	return &DWARF{data: data}
}

// A die is the entry of a type.
type die struct {
	from      *DWARF
	offset    dwarf.Offset
	name      string
	kind      reflect.Kind
	size      int64
	key, elem dwarf.Offset // 0 if there is none
}

// Type returns the type whose entry is at an offset. Types that have a descriptor become those of
// OfRuntime. It returns nil if no type is there.
func (d *DWARF) Type(offset dwarf.Offset) *Type {
	if t, ok := d.types.Load(offset); ok {
		return t.(*Type)
	}
	t, _ := d.types.LoadOrStore(offset, d.parse(offset))
	return t.(*Type)
}

func (d *DWARF) parse(offset dwarf.Offset) *Type {
	var e *dwarf.Entry
	for range 8 { // a named type is a typedef of the type
		r := d.data.Reader()
		r.Seek(offset)
		next, err := r.Next()
		if err != nil || next == nil {
			return nil
		}
		e = next
		to, ok := e.Val(dwarf.AttrType).(dwarf.Offset)
		if e.Tag != dwarf.TagTypedef || e.Val(attrKind) != nil || !ok {
			break
		}
		offset = to
	}
	m := &die{from: d, offset: offset}
	m.name, _ = e.Val(dwarf.AttrName).(string)
	kind, _ := e.Val(attrKind).(int64)
	m.kind = reflect.Kind(kind)
	if kind == 0 { // the linker makes up types, for example of the insides of maps
		m.kind = tags[e.Tag]
	}
	m.key, _ = e.Val(attrKey).(dwarf.Offset)
	m.elem, _ = e.Val(attrElem).(dwarf.Offset)
	if m.kind == reflect.Pointer || m.kind == reflect.Array {
		m.elem, _ = e.Val(dwarf.AttrType).(dwarf.Offset)
	}
	if m.name == pointerShape {
		m.kind, m.name, m.elem = reflect.UnsafePointer, "unsafe.Pointer", 0
	}
	size, ok := e.Val(dwarf.AttrByteSize).(int64)
	switch {
	case ok:
		m.size = size
	case m.kind == reflect.Interface:
		m.size = int64(2 * word)
	default:
		m.size = int64(word)
	}
	if at := address(e.Val(attrRuntime)); at != 0 {
		// The linker orders descriptors of the same size in another way if it writes no DWARF: go test
		// against go test -c. The names of types declared in functions don't tell those apart.
		t, ok := OfOffset(at)
		if ok && t.Kind() == m.kind && t.Size() == m.size && t.Name() == m.spelled() && t.Pkg() == m.pkg() && !local().MatchString(m.name) {
			return t
		}
	}
	t := &Type{die: m}
	t.fields = sync.OnceValue(m.fields)
	return t
}

// pointerShape stands for every type of pointer in generic code.
const pointerShape = "go.shape.*uint8"

// tags holds the kinds of entries that do not state their kind.
var tags = map[dwarf.Tag]reflect.Kind{
	dwarf.TagPointerType: reflect.Pointer, dwarf.TagStructType: reflect.Struct,
	dwarf.TagArrayType: reflect.Array, dwarf.TagSubroutineType: reflect.Func,
}

// address returns the value of an attribute that stands for a place in memory.
func address(value any) uint64 {
	switch v := value.(type) {
	case uint64:
		return v
	case int64:
		return uint64(v)
	}
	return 0
}

// at returns the type at an offset. It returns nil for 0.
func (m *die) at(offset dwarf.Offset) *Type {
	if offset == 0 {
		return nil
	}
	return m.from.Type(offset)
}

// children calls yield for the entries below the entry.
func (m *die) children(yield func(*dwarf.Entry) bool) {
	r := m.from.data.Reader()
	r.Seek(m.offset)
	if e, err := r.Next(); err != nil || e == nil || !e.Children {
		return
	}
	for {
		e, err := r.Next()
		if err != nil || e == nil || e.Tag == 0 || !yield(e) {
			return
		}
		r.SkipChildren()
	}
}

func (m *die) length() int64 {
	for e := range m.children {
		if n, ok := e.Val(dwarf.AttrCount).(int64); ok {
			return n
		}
	}
	return 0
}

func (m *die) fields() (fields []Field) {
	if m.kind != reflect.Struct {
		return nil
	}
	for e := range m.children {
		f := Field{}
		f.Name, _ = e.Val(dwarf.AttrName).(string)
		f.Offset, _ = e.Val(dwarf.AttrDataMemberLoc).(int64)
		f.Embedded, _ = e.Val(attrEmbedded).(bool)
		to, _ := e.Val(dwarf.AttrType).(dwarf.Offset)
		if f.Type = m.at(to); e.Tag == dwarf.TagMember && f.Type != nil {
			f.Name = f.Name[strings.LastIndexByte(f.Name, '.')+1:]
			fields = append(fields, f)
		}
	}
	return fields
}

// spelled returns the name. Types without one are put together from their parts, as DWARF writes
// the fields of structs with the package: struct { server.a int }.
func (m *die) spelled() string {
	elem := m.at(m.elem)
	switch {
	case elem == nil:
	case m.kind == reflect.Pointer && strings.HasPrefix(m.name, "*"):
		return "*" + elem.Name()
	case m.kind == reflect.Slice && strings.HasPrefix(m.name, "[]"):
		return "[]" + elem.Name()
	case m.kind == reflect.Array && strings.HasPrefix(m.name, "["):
		length, _, _ := strings.Cut(m.name, "]")
		return length + "]" + elem.Name()
	case m.kind == reflect.Map && strings.HasPrefix(m.name, "map["):
		return "map[" + m.at(m.key).Name() + "]" + elem.Name()
	}
	if m.kind != reflect.Struct || !strings.HasPrefix(m.name, "struct {") {
		return Short(m.name)
	}
	var fields []string
	for _, f := range m.fields() {
		if f.Embedded {
			fields = append(fields, f.Type.Name())
		} else {
			fields = append(fields, f.Name+" "+f.Type.Name())
		}
	}
	if len(fields) == 0 {
		return "struct {}"
	}
	return "struct { " + strings.Join(fields, "; ") + " }"
}

// pkg returns the import path in the name of a named type.
func (m *die) pkg() string {
	plain, _, _ := strings.Cut(m.name, "[")
	if strings.ContainsAny(plain, " *(<") {
		return ""
	}
	path, _ := Split(m.name)
	return path
}
