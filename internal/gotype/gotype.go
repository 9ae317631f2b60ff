// Package gotype describes Go types to code that walks through memory: names, kinds, sizes, elements
// and fields.
//
// A description comes from a type descriptor of the running process, or from DWARF. It is filled in
// as it is read, so a type costs nothing until somebody asks for its parts.
package gotype

import (
	"reflect"
	"slices"
	"sync"
)

// A Type describes a Go type. Its methods may be called from several goroutines.
type Type struct {
	rt     reflect.Type // nil if the type is only known from DWARF
	die    *die         // nil if rt is set
	fields func() []Field
}

// A Field is a field of a struct.
type Field struct {
	Name     string
	Offset   int64 // in bytes from the beginning of the struct
	Type     *Type
	Embedded bool
}

// known holds the Type of every reflect.Type that was asked for.
var known sync.Map

// Of returns the description of t. It returns the same pointer for the same type.
func Of(t reflect.Type) *Type {
	if made, ok := known.Load(t); ok {
		return made.(*Type)
	}
	made := &Type{rt: t}
	made.fields = sync.OnceValue(made.runtimeFields)
	kept, _ := known.LoadOrStore(t, made)
	return kept.(*Type)
}

// Reflect returns the type as package reflect has it. ok is false if the type has no descriptor in
// this process.
func (t *Type) Reflect() (rt reflect.Type, ok bool) { return t.rt, t.rt != nil }

// Name returns the type as Go code spells it, with short package names: *server.node,
// atomic.Pointer[server.node], map[string]int.
func (t *Type) Name() string {
	if t.rt != nil {
		return Short(t.rt.String())
	}
	return t.die.spelled()
}

// Pkg returns the import path of a named type's package. It returns "" for other types.
func (t *Type) Pkg() string {
	if t.rt != nil {
		return t.rt.PkgPath()
	}
	return t.die.pkg()
}

// Kind returns the kind, reflect.Invalid if unknown.
func (t *Type) Kind() reflect.Kind {
	if t.rt != nil {
		return t.rt.Kind()
	}
	return t.die.kind
}

// Size returns the size of a value in bytes.
func (t *Type) Size() int64 {
	if t.rt != nil {
		return int64(t.rt.Size())
	}
	return t.die.size
}

// Elem returns the element of a pointer, slice, array, channel or map. It returns nil for other
// types.
func (t *Type) Elem() *Type {
	if t.rt == nil {
		return t.die.at(t.die.elem)
	}
	switch t.rt.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Chan, reflect.Map:
		return Of(t.rt.Elem())
	}
	return nil
}

// Key returns the key of a map. It returns nil for other types.
func (t *Type) Key() *Type {
	if t.rt == nil {
		return t.die.at(t.die.key)
	}
	if t.rt.Kind() != reflect.Map {
		return nil
	}
	return Of(t.rt.Key())
}

// Len returns the number of elements of an array. It returns 0 for other types.
func (t *Type) Len() int64 {
	switch {
	case t.Kind() != reflect.Array:
		return 0
	case t.rt != nil:
		return int64(t.rt.Len())
	}
	return t.die.length()
}

// Fields returns the fields of a struct in the order of their offsets. It returns nil for other
// types.
func (t *Type) Fields() []Field { return t.fields() }

// FieldAt returns the field that contains the byte at an offset. ok is false for padding.
func (t *Type) FieldAt(offset int64) (f Field, ok bool) {
	fields := t.Fields()
	i := slices.IndexFunc(fields, func(f Field) bool { return f.Offset <= offset && offset < f.Offset+f.Type.Size() })
	if i < 0 {
		return Field{}, false
	}
	return fields[i], true
}

func (t *Type) runtimeFields() (fields []Field) {
	if t.rt.Kind() != reflect.Struct {
		return nil
	}
	for f := range t.rt.Fields() {
		fields = append(fields, Field{Name: f.Name, Offset: int64(f.Offset), Type: Of(f.Type), Embedded: f.Anonymous})
	}
	return fields
}
