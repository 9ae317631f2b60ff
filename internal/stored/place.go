// Package stored records who stores into a container that grows. Only a second run of a failing test
// does so: package secondrun rewrites the source for it.
package stored

import (
	"hash/fnv"
	"slices"
	"strconv"
)

// A Place is a variable, a field or a container on the way to an object that has leaked.
type Place struct {
	Form Form
	// Type is the type of the value, as retain spells it for comparison.
	Type string
	// Decl is where the value is declared, or that of what it lies in.
	Decl Decl
	// At is the address of the value, To the memory that it refers to, with its size.
	At, To, Size uint64
}

// Row returns the place as other processes know it, in words.
func (p Place) Row() []string { return append([]string{string(p.Form), p.Type}, p.Decl.Row()...) }

// A Form says how something is stored in a value.
type Form string

const (
	Map    Form = "map"
	Chan   Form = "chan"
	Slice  Form = "slice"
	Method Form = "method" // of sync.Map, or of a type of sync/atomic
	Plain  Form = "plain"  // by an assignment
)

// A Decl is the declaration of a field or a variable.
type Decl struct {
	Pkg  string // the import path
	Type string // of the struct; "" for a variable
	Name string
	// Local says that the variable is declared in a function.
	Local bool
}

// Row returns the declaration in words.
func (d Decl) Row() []string { return []string{d.Pkg, d.Type, d.Name, strconv.FormatBool(d.Local)} }

// id stands for the address of stores that only the declaration tells: those into local variables,
// which move with their stack, and into the fields of all nodes of a list. No value has such an
// address. The command rewrite computes it the same way.
func (d Decl) id() uint64 {
	const firstPage = 4096
	h := fnv.New32a()
	_, _ = h.Write([]byte(d.Pkg + " " + d.Type + " " + d.Name))
	return uint64(h.Sum32()%(firstPage-1)) + 1
}

// A Container is what holds a leak, with what is needed to find out who stores into it.
type Container struct {
	// Places has the container first, then what it lies in, outwards.
	Places []Place
	// Links are the fields through which a linked structure goes on.
	Links []Decl
}

// A Store is a place in the source that has stored into a container.
type Store struct {
	Func, File string
	Line       int
	Count      int64
}

// Same reports whether two processes mean the same container. Its Places must agree, or only the first
// of them: it may be reached another way.
func (c Container) Same(other Container, all bool) bool {
	alike := func(a, b Place) bool { return a.Form == b.Form && a.Type == b.Type && a.Decl == b.Decl }
	if all {
		return slices.EqualFunc(c.Places, other.Places, alike)
	}
	return len(c.Places) > 0 && len(other.Places) > 0 && alike(c.Places[0], other.Places[0])
}
