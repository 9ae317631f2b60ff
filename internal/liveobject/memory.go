package liveobject

import (
	"reflect"
	"runtime/debug"
	"unsafe"
)

const wordSize = unsafe.Sizeof(uintptr(0))

// guarded runs f, which reads memory by address. It reports whether all of it was readable.
func guarded(f func()) (ok bool) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() { ok = recover() == nil }()
	f()
	return
}

// word returns the word at an address. Neither the race detector nor the checks of unsafe pointers
// see this read of memory that the runtime and others write.
//
//go:norace
//go:nocheckptr
func word(address uintptr) uintptr {
	return *(*uintptr)(*(*unsafe.Pointer)(unsafe.Pointer(&address)))
}

// Field returns a field, of at most a word, of an object of type t. ok reports whether there is
// one. The path leads through structs. "data" is what an interface refers to. For a type such as
// atomic.Bool the field is the value.
func Field(words []uintptr, t reflect.Type, path ...string) (value uintptr, ok bool) {
	offset := uintptr(0)
	for len(path) > 0 || t.Kind() == reflect.Struct {
		if t.Kind() == reflect.Interface && path[0] == "data" {
			offset, t, path = offset+wordSize, reflect.TypeFor[uintptr](), path[1:]
			continue
		}
		if t.Kind() != reflect.Struct || t.NumField() == 0 {
			return 0, false
		}
		f := t.Field(t.NumField() - 1)
		if len(path) > 0 {
			if f, ok = t.FieldByName(path[0]); !ok || len(f.Index) > 1 {
				return 0, false
			}
			path = path[1:]
		}
		offset, t = offset+f.Offset, f.Type
	}
	if t.Size() > wordSize || offset/wordSize >= uintptr(len(words)) {
		return 0, false
	}
	value = words[offset/wordSize] >> (8 * (offset % wordSize))
	if t.Size() < wordSize {
		value &= 1<<(8*t.Size()) - 1
	}
	return value, true
}

// Pointed returns the type that a field of T points to, nil if there is none. Without a path it is
// the first field, and for a struct the first field of that struct.
func Pointed[T any](path ...string) reflect.Type {
	t := reflect.TypeFor[T]()
	for _, name := range path {
		f, ok := t.FieldByName(name)
		if !ok {
			return nil
		}
		t = f.Type
	}
	for t.Kind() == reflect.Struct && t.NumField() > 0 {
		t = t.Field(0).Type
	}
	if t.Kind() != reflect.Pointer {
		return nil
	}
	return t.Elem()
}
