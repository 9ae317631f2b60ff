package retain

import (
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/leakassert/leakassert/internal/gotype"
	"github.com/leakassert/leakassert/internal/stored"
)

// A place is a value on a way. Its methods accept nil, for what nobody can store in.
type place struct{ stored.Place }

// place returns the place of a value of a type at an address.
func (s *speller) place(t *gotype.Type, at uint64, m memory) *place {
	p := &place{stored.Place{Form: stored.Plain, Type: below(t), At: at}}
	switch t.Kind() {
	case reflect.Map:
		p.Form = stored.Map
	case reflect.Chan:
		p.Form = stored.Chan
	case reflect.Slice:
		p.Form = stored.Slice
	}
	p.To, _ = m.word(s, at)
	p.Size = uint64(len(s.at(p.To).bytes))
	return p
}

// methodPlace returns the place of a value at an address that is stored in by its methods.
func methodPlace(t *gotype.Type, at uint64) *place {
	return &place{stored.Place{Form: stored.Method, Type: spelledType(t), At: at}}
}

// declare says of which field the place is, unless a field further inside is known.
func (p *place) declare(of *gotype.Type, f gotype.Field) {
	if p == nil || p.Decl != (stored.Decl{}) {
		return
	}
	p.Decl = stored.Decl{Pkg: of.Pkg(), Type: bare(of), Name: f.Name}
	if of.Pkg() == "" {
		p.Decl.Type = "struct"
	}
}

// in says in which variable the place is, unless a field is known.
func (p *place) in(variable stored.Decl) {
	if p != nil && p.Decl == (stored.Decl{}) {
		p.Decl = variable
	}
}

// ofElement leaves out the place of an element: what stores it stores in the container.
func (st step) ofElement() step {
	if st.place != nil && st.place.Decl == (stored.Decl{}) {
		st.place = nil
	}
	return st
}

// spelledType writes a type in the words in which the source is searched for it. Structs, interfaces
// and functions without a name are not told apart, nor are the types that one generic type makes.
func spelledType(t *gotype.Type) string {
	if t.Pkg() != "" {
		return t.Pkg() + "." + bare(t)
	}
	return below(t)
}

// below is spelledType without the type's own name.
func below(t *gotype.Type) string {
	switch t.Kind() {
	case reflect.Pointer:
		return "*" + elem(t)
	case reflect.Slice:
		return "[]" + elem(t)
	case reflect.Array:
		return "[" + strconv.FormatInt(t.Len(), 10) + "]" + elem(t)
	case reflect.Map:
		if t.Key() == nil {
			return "map"
		}
		return "map[" + spelledType(t.Key()) + "]" + elem(t)
	case reflect.Chan:
		return "chan " + elem(t)
	case reflect.UnsafePointer:
		return "Pointer"
	}
	return t.Kind().String() // "struct", "interface", "func", "string", "uint8"
}

func elem(t *gotype.Type) string {
	if t.Elem() == nil {
		return ""
	}
	return spelledType(t.Elem())
}

// bare returns the name of a type without its package and type arguments.
func bare(t *gotype.Type) string {
	name, _, _ := strings.Cut(t.Name(), "[")
	return name[strings.LastIndexByte(name, '.')+1:]
}

// passed is a place on a way, and how many nodes of the way lie before the value.
type passed struct {
	stored.Place
	nodes int
}

// stores returns the container that is the last of some places, with what it lies in.
func stores(places []passed) (c stored.Container) {
	const most = 4
	for _, p := range slices.Backward(places) {
		if len(c.Places) < most && p.Decl != (stored.Decl{}) {
			c.Places = append(c.Places, p.Place)
		}
	}
	return c
}

// repeated returns the fields that occur more than once among places: a list goes on through them.
func repeated(places []passed) (links []stored.Decl) {
	times := make(map[stored.Decl]int)
	for _, p := range places {
		if times[p.Decl]++; times[p.Decl] == 2 && p.Form == stored.Plain {
			links = append(links, p.Decl)
		}
	}
	return links
}
