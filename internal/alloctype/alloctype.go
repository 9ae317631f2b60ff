// Package alloctype finds out what type an allocation was made of.
//
// The runtime does not keep the types of objects, but the code that allocates
// passes one: it is read from the instructions in front of the call. The compiler
// loads it right there, from an address that is part of the instruction.
package alloctype

import (
	"reflect"
	"runtime"
	"strings"
	"unsafe"

	"github.com/leakassert/leakassert/internal/memprofile"
)

// A call is what the runtime's function does with the type that it is given.
type call struct {
	argument int // which one is the type
	form     string
}

// none stands for a function that is given no type, as it allocates only one.
const none = -1

// calls are the functions that code calls to allocate, with the position of the
// type among the words that are passed in registers: a slice's or a string's are
// three and two.
var calls = map[string]call{
	"runtime.newobject":           {0, "*T"},
	"runtime.makeslice":           {0, "[]T"},
	"runtime.makeslice64":         {0, "[]T"},
	"runtime.makeslicecopy":       {0, "[]T"},
	"runtime.growslice":           {4, "[]T"},
	"runtime.growsliceBuf":        {4, "[]T"},
	"runtime.growsliceNoAlias":    {4, "[]T"},
	"runtime.growsliceBufNoAlias": {4, "[]T"},
	"runtime.makechan":            {0, "T"},
	"runtime.makechan64":          {0, "T"},
	"runtime.makemap":             {0, "T"},
	"runtime.makemap64":           {0, "T"},
	"runtime.mapassign":           {0, "T"},
	"runtime.mapassign_fast32":    {0, "T"},
	"runtime.mapassign_fast32ptr": {0, "T"},
	"runtime.mapassign_fast64":    {0, "T"},
	"runtime.mapassign_fast64ptr": {0, "T"},
	"runtime.mapassign_faststr":   {0, "T"},
	"runtime.convT":               {0, "T"},
	"runtime.convTnoptr":          {0, "T"},
	"runtime.convTstring":         {none, "string"},
	"runtime.concatstring2":       {none, "string"},
	"runtime.concatstring3":       {none, "string"},
	"runtime.concatstring4":       {none, "string"},
	"runtime.concatstring5":       {none, "string"},
	"runtime.concatstrings":       {none, "string"},
	"runtime.slicebytetostring":   {none, "string"},
	"runtime.slicerunetostring":   {none, "string"},
	"runtime.intstring":           {none, "string"},
	"runtime.stringtoslicebyte":   {none, "[]uint8"},
	"runtime.stringtoslicerune":   {none, "[]int32"},
}

// A Type is what an allocation was made of: as %T prints it, "" if that can't be
// established.
type Type struct {
	Name string
	// PointerFree says for certain that there are no pointers in the object.
	PointerFree bool
	// Size is that of the object as it was asked for, without rounding; 0 if it is
	// not known.
	Size int64
}

// At is the type that the innermost call outside of the runtime allocates. stack is
// as a memory profile has it, and size that of the object.
func At(stack []uintptr, size int64) (found Type) {
	// Addresses are only read where an instruction has named them. What else can go
	// wrong is a type that reflect does not know how to spell.
	defer func() {
		if recover() != nil {
			found = Type{}
		}
	}()
	for _, pc := range stack {
		f := runtime.FuncForPC(pc - 1)
		if f == nil {
			return Type{}
		}
		if memprofile.OfRuntime(f.Name()) {
			continue
		}
		text := code(f.Entry(), pc)
		c, ok := calledAt(target(text, pc))
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
		name := strings.Replace(c.form, "T", spelled(t), 1)
		if name == "*"+literal {
			name = literal
		}
		found := Type{Name: name, PointerFree: t.Kind() != reflect.Map && !HasPointers(t)}
		if c.form == "*T" {
			found.Size = int64(t.Size())
		}
		return found
	}
	return Type{}
}

// calledAt is what the function that begins at an address is given.
func calledAt(address uintptr) (c call, ok bool) {
	f := runtime.FuncForPC(address)
	if f == nil || f.Entry() != address {
		return call{}, false
	}
	if c, ok = calls[f.Name()]; !ok && strings.HasPrefix(f.Name(), "runtime.mallocgc") {
		// Since Go 1.27 there are functions for sizes, mallocgcSmallNoScanSC4 and
		// so on, in place of newobject; they are in no stack.
		return call{1, "*T"}, true
	}
	return c, ok
}

// fits reports whether an object of so many bytes can be a T: sizes are rounded
// up to a class.
func fits(t reflect.Type, size int64) bool {
	of := int64(t.Size())
	return of <= size && size <= of+of/2+64
}

// literal is what a function literal is called.
const literal = "func literal"

// spelled is a type's name. The compiler makes a struct for what a function
// literal refers to, and types of its own for the arguments of generic ones.
func spelled(t reflect.Type) string {
	name := strings.ReplaceAll(t.String(), "go.shape.", "")
	if strings.HasPrefix(name, "struct { F uintptr") {
		return literal
	}
	return name
}

// typeAt is the type whose description stands at an address that an instruction
// has named; nil for none, or if it does not look like one.
func typeAt(address uintptr) reflect.Type {
	if address == 0 || address%unsafe.Alignof(address) != 0 {
		return nil
	}
	// The beginning of the runtime's type descriptions, as reflect reads them.
	header := (*struct {
		size, pointers      uintptr
		hash                uint32
		flags, align, field uint8
		kind                uint8
	})(pointer(address))
	if header.pointers > header.size || header.align == 0 || header.align > 64 || header.hash == 0 {
		return nil
	}
	v := struct{ typ, word unsafe.Pointer }{pointer(address), nil}
	return reflect.TypeOf(*(*any)(unsafe.Pointer(&v)))
}

// pointer is the pointer to an address that is not in the heap.
func pointer(address uintptr) unsafe.Pointer { return *(*unsafe.Pointer)(unsafe.Pointer(&address)) }

// code are the instructions of a function up to pc.
func code(entry, pc uintptr) []byte {
	const most = 1 << 20
	if entry == 0 || pc <= entry || pc-entry > most {
		return nil
	}
	return unsafe.Slice((*byte)(pointer(entry)), pc-entry)
}
