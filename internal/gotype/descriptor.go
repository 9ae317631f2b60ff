package gotype

import (
	"reflect"
	"strings"
	"sync"
	"unicode/utf8"
	"unsafe"
)

// A header is the beginning of every type descriptor: internal/abi.Type.
type header struct {
	size, pointers           uintptr
	hash                     uint32
	flags, align, fieldAlign uint8
	kind                     uint8
	equal, mask              uintptr
	name                     int32 // an offset from where descriptors begin
	_                        int32
}

const (
	flagUncommon  = 1 << 0
	flagExtraStar = 1 << 1
	flagNamed     = 1 << 2
	word          = unsafe.Sizeof(uintptr(0))
)

// OfRuntime returns the type whose descriptor is at an address. ok is false unless the address lies
// in the read-only memory of the binary and everything there is what a descriptor has, so any
// address may be passed. It is always false outside of Linux and for types that were made at run
// time.
func OfRuntime(addr uint64) (t *Type, ok bool) {
	a := uintptr(addr)
	if uint64(a) != addr || !layoutKnown() || !isDescriptor(a) {
		return nil, false
	}
	return Of(typeAt(a)), true
}

// OfOffset returns the type whose descriptor lies at an offset from the beginning of all
// descriptors. DWARF and the runtime write addresses of descriptors in this way.
func OfOffset(offset uint64) (t *Type, ok bool) {
	if !layoutKnown() {
		return nil, false
	}
	return OfRuntime(uint64(begin()) + offset)
}

// MapGroup returns the type of a group of slots of a map: a struct that has a control word first.
// What follows it depends on the version of Go. ok is false if the type is no map with a
// descriptor.
func (t *Type) MapGroup() (group *Type, ok bool) {
	if t.rt == nil || t.rt.Kind() != reflect.Map {
		return nil, false
	}
	parts, ok := read[[3]uintptr](addressOf(t.rt) + unsafe.Sizeof(header{}))
	if !ok || parts[0] != addressOf(t.rt.Key()) || parts[1] != addressOf(t.rt.Elem()) {
		return nil, false
	}
	group, ok = OfRuntime(uint64(parts[2]))
	if !ok || len(group.Fields()) < 2 || group.Fields()[0].Type.Kind() != reflect.Uint64 {
		return nil, false
	}
	return group, true
}

// addressOf returns the address of a type's descriptor, which is the data word of the interface.
func addressOf(t reflect.Type) uintptr { return (*[2]uintptr)(unsafe.Pointer(&t))[1] }

// typeAt is the inverse of addressOf.
func typeAt(addr uintptr) reflect.Type {
	v := [2]unsafe.Pointer{pointer(addr)} // an interface with a type and no value
	return reflect.TypeOf(*(*any)(unsafe.Pointer(&v)))
}

// pointer converts an address outside of the heap to a pointer.
func pointer(addr uintptr) unsafe.Pointer { return *(*unsafe.Pointer)(unsafe.Pointer(&addr)) }

// begin returns where the offsets in descriptors count from. It is computed from the name of int,
// which reflect returns without a copy. In memory a byte of flags, a byte with the length and the
// star of *int precede it.
var begin = sync.OnceValue(func() uintptr {
	t := reflect.TypeFor[int]()
	h, ok := read[header](addressOf(t))
	if !ok || h.flags&flagExtraStar == 0 {
		return 0
	}
	return uintptr(unsafe.Pointer(unsafe.StringData(t.String()))) - 3 - uintptr(h.name)
})

// layoutKnown reports whether descriptors look as this package reads them. It compares some with
// what reflect knows about them.
var layoutKnown = sync.OnceValue(func() bool {
	for _, t := range []reflect.Type{
		reflect.TypeFor[int](), reflect.TypeFor[**int](), reflect.TypeFor[[]string](), reflect.TypeFor[[3]*Type](),
		reflect.TypeFor[map[string]*int](), reflect.TypeFor[<-chan int](), reflect.TypeFor[func(int, ...string) error](),
		reflect.TypeFor[Type](), reflect.TypeFor[error](), reflect.TypeFor[any](), reflect.TypeFor[struct{ a, b string }](),
	} {
		a := addressOf(t)
		h, ok := read[header](a)
		if !ok || !isDescriptor(a) || h.size != t.Size() || reflect.Kind(h.kind) != t.Kind() || int(h.align) != t.Align() {
			return false
		}
		if name, ok := h.spelled(); !ok || name != t.String() {
			return false
		}
	}
	return true
})

// verified holds the addresses that are known to be of descriptors.
var verified sync.Map

func isDescriptor(addr uintptr) bool {
	if _, ok := verified.Load(addr); ok {
		return true
	}
	seen := make(map[uintptr]bool)
	if !verify(addr, seen) {
		return false
	}
	for a := range seen {
		verified.Store(a, true)
	}
	return true
}

// verify reports whether a descriptor is at an address, and at all addresses that it leads to. seen
// holds the addresses that are being verified or have been.
func verify(addr uintptr, seen map[uintptr]bool) bool {
	if _, ok := verified.Load(addr); ok || seen[addr] {
		return true
	}
	seen[addr] = true
	h, ok := read[header](addr)
	if !ok || h.hash == 0 || h.pointers > h.size || h.pointers%word != 0 || !alignment(h.align) || !alignment(h.fieldAlign) ||
		h.equal != 0 && !readable(h.equal, word) || h.mask == 0 && h.pointers != 0 {
		return false
	}
	name, ok := h.spelled()
	if !ok {
		return false
	}
	rest := addr + unsafe.Sizeof(header{})
	kind := reflect.Kind(h.kind)
	prefix, size, end := "", word, uintptr(0) // end is the size of what follows the header
	switch kind {
	case reflect.Pointer:
		prefix, end = "*", word
		ok = verifyAll(seen, rest)
	case reflect.Slice:
		prefix, size, end = "[]", 3*word, word
		ok = verifyAll(seen, rest)
	case reflect.Chan:
		end = 2 * word
		ok = verifyAll(seen, rest) && (strings.HasPrefix(name, "chan") || strings.HasPrefix(name, "<-chan") || h.flags&flagNamed != 0)
	case reflect.Map:
		prefix = "map["
		ok = verifyAll(seen, rest, rest+word, rest+2*word)
	case reflect.Func:
		prefix, end = "func(", word
	case reflect.Array:
		prefix, end = "[", 3*word
		var parts *[3]uintptr
		if parts, ok = read[[3]uintptr](rest); !ok || !verifyAll(seen, rest, rest+word) {
			return false
		}
		elem, _ := read[header](parts[0])
		if size = elem.size * parts[2]; parts[2] != 0 && size/parts[2] != elem.size {
			return false
		}
	case reflect.Interface:
		size, end = 2*word, 4*word
		var methods *[3]uintptr
		methods, ok = read[[3]uintptr](rest + word)
		ok = ok && methods[1] <= methods[2] && (methods[1] == 0 || readable(methods[0], 8*methods[1]))
	case reflect.Struct:
		size, end = h.size, 4*word
		ok = h.verifyFields(rest, seen)
	case reflect.UnsafePointer:
	default:
		if size = sizes[kind]; size == 0 {
			return false
		}
	}
	if !ok || h.size != size || h.flags&flagNamed == 0 && !strings.HasPrefix(name, prefix) {
		return false
	}
	if h.flags&flagUncommon == 0 || kind == reflect.Map { // the size of a map's descriptor depends on the version of Go
		return true
	}
	path, ok := read[int32](rest + end)
	if ok && *path != 0 {
		_, ok = nameAt(begin() + uintptr(*path))
	}
	return ok
}

// sizes holds the sizes of the kinds that have no parts.
var sizes = map[reflect.Kind]uintptr{
	reflect.Bool: 1, reflect.Int8: 1, reflect.Int16: 2, reflect.Int32: 4, reflect.Int64: 8, reflect.Int: word,
	reflect.Uint8: 1, reflect.Uint16: 2, reflect.Uint32: 4, reflect.Uint64: 8, reflect.Uint: word, reflect.Uintptr: word,
	reflect.Float32: 4, reflect.Float64: 8, reflect.Complex64: 8, reflect.Complex128: 16, reflect.String: 2 * word,
}

// verifyAll reports whether the words at some addresses lead to descriptors.
func verifyAll(seen map[uintptr]bool, words ...uintptr) bool {
	for _, a := range words {
		if to, ok := read[uintptr](a); !ok || !verify(*to, seen) {
			return false
		}
	}
	return true
}

// verifyFields verifies the fields of a struct. rest is the address after the header.
func (h *header) verifyFields(rest uintptr, seen map[uintptr]bool) bool {
	parts, ok := read[[4]uintptr](rest) // the package's path, and a slice of fields
	if !ok || parts[2] > parts[3] || parts[0] != 0 && !readable(parts[0], 1) {
		return false
	}
	type field struct{ name, typ, offset uintptr }
	last := uintptr(0)
	for i := range parts[2] {
		f, ok := read[field](parts[1] + i*unsafe.Sizeof(field{}))
		if !ok || f.offset < last || f.offset > h.size {
			return false
		}
		if _, ok = nameAt(f.name); !ok || !verify(f.typ, seen) {
			return false
		}
		if t, _ := read[header](f.typ); t.size > h.size-f.offset {
			return false
		}
		last = f.offset
	}
	return true
}

// alignment reports whether n is an alignment that types have.
func alignment(n uint8) bool { return n != 0 && n&(n-1) == 0 && n <= 64 }

// spelled returns the name in a descriptor.
func (h *header) spelled() (name string, ok bool) {
	if h.name <= 0 {
		return "", false
	}
	name, ok = nameAt(begin() + uintptr(h.name))
	if ok && h.flags&flagExtraStar != 0 {
		return strings.CutPrefix(name, "*")
	}
	return name, ok
}

// nameAt returns the name at an address: a byte of flags, the length in groups of 7 bits, and the
// text.
func nameAt(addr uintptr) (name string, ok bool) {
	const flags, longest = 0x0f, 1 << 20
	if !readable(addr, 2) || *(*byte)(pointer(addr)) > flags {
		return "", false
	}
	length := uintptr(0)
	for shift := 0; ; shift += 7 {
		addr++
		if !readable(addr, 1) || shift > 14 {
			return "", false
		}
		b := *(*byte)(pointer(addr))
		length |= uintptr(b&0x7f) << shift
		if b < 0x80 {
			break
		}
	}
	if length == 0 || length > longest || !readable(addr+1, length) {
		return "", false
	}
	name = unsafe.String((*byte)(pointer(addr+1)), length)
	return name, utf8.ValidString(name) && !strings.ContainsFunc(name, func(r rune) bool { return r < ' ' })
}

// read returns the value at an address of the binary's read-only memory.
func read[T any](addr uintptr) (value *T, ok bool) {
	if addr%unsafe.Alignof(*value) != 0 || !readable(addr, unsafe.Sizeof(*value)) {
		return nil, false
	}
	return (*T)(pointer(addr)), true
}
