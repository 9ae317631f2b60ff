package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"go/types"
	"hash/fnv"
	"io"
	"slices"
	"strconv"
	"strings"
)

// wanted says which stores are recorded, and by which function.
type wanted struct {
	record  string   // the function that records, with its import path
	skip    []string // packages that are left alone, with those below them
	targets []target
	links   []decl // fields whose stores are known by the declaration only
}

// A target is a container, or a variable or field.
type target struct {
	form string // map, chan, slice, method for sync.Map and package atomic, or plain
	typ  string // as spell writes the type below its name
	decl
}

// A decl is the declaration of a field, or of a variable if typ is "".
type decl struct {
	pkg, of, name string
	local         bool
}

// readWanted reads rows of words: see package secondrun.
func readWanted(r io.Reader) (w wanted, err error) {
	rows := csv.NewReader(r)
	rows.FieldsPerRecord = -1
	for {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return w, nil
		}
		if err != nil {
			return w, err
		}
		declared := func(words []string) decl { return decl{words[0], words[1], words[2], words[3] == "true"} }
		switch {
		case row[0] == "record" && len(row) == 2:
			w.record = row[1]
		case row[0] == "skip" && len(row) == 2:
			w.skip = append(w.skip, row[1])
		case row[0] == "place" && len(row) == 7:
			w.targets = append(w.targets, target{row[1], row[2], declared(row[3:])})
		case row[0] == "link" && len(row) == 5:
			w.links = append(w.links, declared(row[1:]))
		default:
			return w, fmt.Errorf("not known: %q", row)
		}
	}
}

func (w *wanted) leavesOut(path string) bool {
	return slices.ContainsFunc(w.skip, func(skip string) bool { return path == skip || strings.HasPrefix(path, skip+"/") })
}

// unknown stands for a type parameter.
const unknown = "?"

// spell writes a type in the words that both sides of the comparison have. Structs, interfaces and
// functions without a name are not told apart.
func spell(t types.Type) string {
	switch t := types.Unalias(t).(type) {
	case *types.Named:
		if t.Obj().Pkg() == nil { // error
			return "interface"
		}
		return t.Obj().Pkg().Path() + "." + t.Obj().Name()
	case *types.TypeParam:
		return unknown
	}
	return below(t)
}

// below is spell without the type's own name.
func below(t types.Type) string {
	switch t := t.Underlying().(type) {
	case *types.Basic:
		return types.Typ[t.Kind()].Name()
	case *types.Pointer:
		return "*" + spell(t.Elem())
	case *types.Slice:
		return "[]" + spell(t.Elem())
	case *types.Array:
		return "[" + strconv.FormatInt(t.Len(), 10) + "]" + spell(t.Elem())
	case *types.Map:
		return "map[" + spell(t.Key()) + "]" + spell(t.Elem())
	case *types.Chan:
		return "chan " + spell(t.Elem())
	case *types.Struct:
		return "struct"
	case *types.Interface:
		return "interface"
	case *types.Signature:
		return "func"
	}
	return unknown
}

// has reports whether a value of a type may be a target of a form. Types of generic code may.
func (w *wanted) has(form string, t types.Type) bool {
	own := below(core(t))
	return slices.ContainsFunc(w.targets, func(t target) bool {
		return t.form == form && (t.typ == own || strings.Contains(own, unknown) && strings.HasPrefix(t.typ, own[:1]))
	})
}

// core returns the one type that a type parameter's arguments have below their names, and other
// types as they are.
func core(t types.Type) types.Type {
	p, ok := types.Unalias(t).(*types.TypeParam)
	if !ok {
		return t
	}
	if i, ok := p.Constraint().Underlying().(*types.Interface); ok && i.NumEmbeddeds() == 1 {
		if u, ok := i.EmbeddedType(0).(*types.Union); ok && u.Len() == 1 {
			return u.Term(0).Type()
		}
		return i.EmbeddedType(0)
	}
	return t
}

// declares reports whether an object is declared as a target of a form. link is not 0 if only the
// declaration tells that a store is into a target.
func (w *wanted) declares(form string, o types.Object, owner types.Type) (is bool, link uint32) {
	v, ok := o.(*types.Var)
	if !ok || o.Pkg() == nil {
		return false, 0
	}
	local := !v.IsField() && o.Parent() != o.Pkg().Scope()
	same := func(d decl) bool {
		switch {
		case d.name != o.Name() || d.local != local:
			return false
		case !v.IsField():
			return d.of == "" && d.pkg == o.Pkg().Path()
		}
		return d.of != "" && (owner == nil || !named(owner) || spell(owner) == d.pkg+"."+d.of)
	}
	if i := slices.IndexFunc(w.links, same); i >= 0 {
		link = w.links[i].id()
	}
	i := slices.IndexFunc(w.targets, func(t target) bool { return t.form == form && same(t.decl) })
	if i >= 0 && local { // a stack moves, with the variables on it
		return false, w.targets[i].id()
	}
	return i >= 0, link
}

// id is what is recorded in place of an address: see Decl in package stored.
func (d decl) id() uint32 {
	const firstPage = 4096
	h := fnv.New32a()
	_, _ = h.Write([]byte(d.pkg + " " + d.of + " " + d.name))
	return h.Sum32()%(firstPage-1) + 1
}

func named(t types.Type) bool {
	_, ok := types.Unalias(t).(*types.Named)
	return ok
}
