package gotype

import (
	"bytes"
	"reflect"
	"sync"
	"unsafe"
)

// named holds the results of StructNamed by name.
var named sync.Map

// StructNamed returns the type of a struct by its name, as [reflect.Type.String] spells it, if this
// process has a descriptor of it: runtime.sudog. No symbols are needed. If several packages with one
// name have such a type, it returns any of them. The first search for a name reads the whole image,
// which takes some milliseconds.
func StructNamed(name string) (t *Type, ok bool) {
	if found, seen := named.Load(name); seen {
		t = found.(*Type)
		return t, t != nil
	}
	t = findStruct(name)
	named.Store(name, t)
	return t, t != nil
}

func findStruct(name string) *Type {
	if !layoutKnown() {
		return nil
	}
	offsets := make(map[int32]bool) // of texts with the name, from begin
	for _, m := range image() {
		text := unsafe.Slice((*byte)(pointer(m.low)), m.high-m.low)
		for from := 0; ; {
			i := bytes.Index(text[from:], []byte(name))
			if i < 0 {
				break
			}
			from += i + 1
			// A byte of flags and the length come first, and a star that a flag of the type leaves out.
			for _, before := range []uintptr{2, 3} {
				at := m.low + uintptr(from-1) - before
				if offset := int64(at) - int64(begin()); offset > 0 && offset == int64(int32(offset)) {
					offsets[int32(offset)] = true
				}
			}
		}
	}
	for _, m := range image() {
		const nameIn = unsafe.Offsetof(header{}.name)
		for at := m.low; at+unsafe.Sizeof(header{}) <= m.high; at += word {
			h := (*header)(pointer(at))
			if !offsets[h.name] || h.kind != byte(reflect.Struct) || nameIn%word != 0 {
				continue
			}
			if t, ok := OfRuntime(uint64(at)); ok && t.rt.String() == name {
				return t
			}
		}
	}
	return nil
}
