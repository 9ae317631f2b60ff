package symbols

import (
	"reflect"
	"slices"
	"unsafe"

	"github.com/leakassert/leakassert/internal/gotype"
)

// arrange returns the parts of a variable that are on the stack. whole is false if their offsets in the
// variable are not known. The compiler leaves out parts that it has no use for, and writes a single
// remaining part as if it were the whole variable. Such a part has been in a register, which no
// variable is that only is in memory. Padding has no piece.
func arrange(l location, t *gotype.Type, fixed bool) (parts []Part, whole bool) {
	words := leaves(t, 0)
	if !l.pieces {
		if len(l.parts) == 0 || !l.parts[0].onStack {
			return nil, false
		}
		at := l.parts[0].addr
		if len(words) == 1 || fixed || !l.registers && int64(at) < 0 {
			return []Part{{at, 0, uint64(t.Size())}}, true
		}
		return []Part{{at, 0, uint64(unsafe.Sizeof(uintptr(0)))}}, false
	}
	whole = slices.EqualFunc(l.parts, words, func(p piece, w leaf) bool { return p.size == w.size })
	for i, p := range l.parts {
		if !p.onStack {
			continue
		}
		part := Part{Addr: p.addr, Size: p.size}
		if whole {
			part.Offset = words[i].offset
		}
		parts = append(parts, part)
	}
	return parts, whole
}

// A leaf is a part of a type that the compiler can keep by itself.
type leaf struct {
	offset, size uint64
	pointer      bool
}

// onlyPointer returns the part of a type that is a pointer, if it has only one.
func onlyPointer(t *gotype.Type) (only leaf, ok bool) {
	for _, w := range leaves(t, 0) {
		if w.pointer && ok {
			return leaf{}, false
		} else if w.pointer {
			only, ok = w, true
		}
	}
	return only, ok
}

// leaves returns the parts that the compiler takes a value of a type apart to.
func leaves(t *gotype.Type, at uint64) (all []leaf) {
	const word = uint64(unsafe.Sizeof(uintptr(0)))
	switch size := uint64(t.Size()); t.Kind() {
	case reflect.Struct:
		for _, f := range t.Fields() {
			all = append(all, leaves(f.Type, at+uint64(f.Offset))...)
		}
		return all
	case reflect.Array:
		if t.Len() == 1 && t.Elem() != nil {
			return leaves(t.Elem(), at)
		}
		if size == 0 {
			return nil
		}
		return []leaf{{at, size, true}}
	case reflect.Interface:
		return []leaf{{at, word, false}, {at + word, word, true}}
	case reflect.String:
		return []leaf{{at, word, true}, {at + word, word, false}}
	case reflect.Slice:
		return []leaf{{at, word, true}, {at + word, word, false}, {at + 2*word, word, false}}
	case reflect.Complex64, reflect.Complex128:
		return []leaf{{at, size / 2, false}, {at + size/2, size / 2, false}}
	case reflect.Pointer, reflect.UnsafePointer, reflect.Map, reflect.Chan, reflect.Func:
		return []leaf{{at, word, true}}
	default:
		return []leaf{{at, size, false}}
	}
}
