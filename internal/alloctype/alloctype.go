// Package alloctype finds the type of an allocation.
//
// The runtime does not keep the types of objects, but the allocating code passes one. The package
// reads it from the instructions before the call: the compiler loads it there, from an address that
// is part of an instruction.
package alloctype

import (
	"reflect"
	"runtime"
	"strings"
	"unsafe"

	"github.com/leakassert/leakassert/internal/memprofile"
)

// A call says how a function of the runtime uses the type that it gets.
type call struct {
	argument int // the index of the type among the words passed in registers
	form     string
}

// none stands for a function that gets no type because it allocates only one type.
const none = -1

// calledAt returns the call for the function that begins at an address, if it is one that code
// calls to allocate.
func calledAt(address uintptr) (c call, ok bool) {
	f := runtime.FuncForPC(address)
	if f == nil || f.Entry() != address {
		return call{}, false
	}
	name, ofRuntime := strings.CutPrefix(f.Name(), "runtime.")
	switch name {
	case "newobject":
		return call{0, "*T"}, ofRuntime
	case "makeslice", "makeslice64", "makeslicecopy":
		return call{0, "[]T"}, ofRuntime
	case "growslice", "growsliceBuf", "growsliceNoAlias", "growsliceBufNoAlias":
		return call{4, "[]T"}, ofRuntime
	case "makechan", "makechan64", "makemap", "makemap64", "convT", "convTnoptr",
		"mapassign", "mapassign_fast32", "mapassign_fast32ptr", "mapassign_fast64", "mapassign_fast64ptr", "mapassign_faststr":
		return call{0, "T"}, ofRuntime
	case "convTstring", "slicebytetostring", "slicerunetostring", "intstring",
		"concatstring2", "concatstring3", "concatstring4", "concatstring5", "concatstrings":
		return call{none, "string"}, ofRuntime
	case "stringtoslicebyte":
		return call{none, "[]uint8"}, ofRuntime
	case "stringtoslicerune":
		return call{none, "[]int32"}, ofRuntime
	}
	// Since Go 1.27 functions for single sizes replace newobject: mallocgcSmallNoScanSC4 and so on.
	// They appear in no stack.
	return call{1, "*T"}, ofRuntime && strings.HasPrefix(name, "mallocgc")
}

// A Type is the type of an allocation: as %T prints it, "" if unknown.
type Type struct {
	Name        string
	PointerFree bool         // the object certainly has no pointers
	Size        int64        // the requested size, before rounding; 0 if unknown
	Of          reflect.Type // the type to which a pointer to the object points; nil if the object is not one value
}

// At returns the type that the innermost call outside of the runtime allocates. stack is a stack of
// a memory profile, and size the size of the object.
func At(stack []uintptr, size int64) (found Type) {
	defer func() { // reflect may fail to print a type
		if recover() != nil {
			found = Type{}
		}
	}()
	i, f := Innermost(stack)
	if f == nil {
		return Type{}
	}
	text := code(f.Entry(), stack[i])
	c, ok := calledAt(target(text, stack[i]))
	switch {
	case !ok:
		return Type{}
	case c.argument == none:
		return Type{Name: c.form, PointerFree: true}
	}
	t := typeAt(argument(text, f.Entry(), c.argument))
	if t == nil || c.form == "*T" && !fits(t, size) {
		return Type{}
	}
	found = Type{Name: spelled(t, c.form), PointerFree: t.Kind() != reflect.Map && !HasPointers(t)}
	if c.form == "*T" {
		found.Size, found.Of = int64(t.Size()), t
	}
	return found
}

// Innermost returns the innermost function of a stack outside of the runtime, and its index there.
// f is nil if there is none.
func Innermost(stack []uintptr) (i int, f *runtime.Func) {
	for i, pc := range stack {
		if f := runtime.FuncForPC(pc - 1); f == nil || !memprofile.OfRuntime(f.Name()) {
			return i, f
		}
	}
	return 0, nil
}

// fits reports whether an object of size bytes can be a t: sizes are rounded up to a class.
func fits(t reflect.Type, size int64) bool {
	of := int64(t.Size())
	return of <= size && size <= of+of/2+64
}

// spelled returns a type's name in a form. The compiler makes a struct for the variables of a
// function literal, and types of its own for type arguments.
func spelled(t reflect.Type, form string) string {
	name := strings.ReplaceAll(t.String(), "go.shape.", "")
	if strings.HasPrefix(name, "struct { F uintptr") {
		name, form = "func literal", strings.TrimPrefix(form, "*")
	}
	return strings.Replace(form, "T", name, 1)
}

// typeAt returns the type whose description is at an address from an instruction. It returns nil if
// there is none, or if it does not look like one.
func typeAt(address uintptr) reflect.Type {
	if address == 0 || address%unsafe.Alignof(address) != 0 {
		return nil
	}
	// The first fields of the runtime's type descriptions, as reflect reads them.
	header := (*struct {
		size, pointers      uintptr
		hash                uint32
		flags, align, field uint8
		kind                uint8
	})(pointer(address))
	if header.pointers > header.size || header.align == 0 || header.align > 64 || header.hash == 0 {
		return nil
	}
	v := [2]unsafe.Pointer{pointer(address)} // an interface with a type and no value
	return reflect.TypeOf(*(*any)(unsafe.Pointer(&v)))
}

// pointer converts an address outside of the heap to a pointer.
func pointer(address uintptr) unsafe.Pointer { return *(*unsafe.Pointer)(unsafe.Pointer(&address)) }

// code returns the instructions of a function up to pc.
func code(entry, pc uintptr) []byte {
	const most = 1 << 20
	if entry == 0 || pc <= entry || pc-entry > most {
		return nil
	}
	return unsafe.Slice((*byte)(pointer(entry)), pc-entry)
}

// CalledBefore returns the function that the call before a return address calls. It returns 0 if
// the address is not part of the instruction, or the processor is neither amd64 nor arm64.
func CalledBefore(after uintptr) uintptr {
	const longest = 5
	return target(unsafe.Slice((*byte)(pointer(after-longest)), longest), after)
}

// HasPointers reports whether values of a type contain pointers.
func HasPointers(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Array:
		return t.Len() > 0 && HasPointers(t.Elem())
	case reflect.Struct:
		for f := range t.Fields() {
			if HasPointers(f.Type) {
				return true
			}
		}
		return false
	}
	return t.Kind() > reflect.Complex128
}
