package mapfuzz

import (
	"maps"
	"reflect"
	"runtime"
	"slices"
	"strings"

	"github.com/leakassert/leakassert/internal/names"
)

// mostValues bounds how many values are looked at to find the packages of a map.
const mostValues = 1000

// packagesOf returns the import paths of the packages that a map's type and the values in it are of, and
// those that more names. Of the standard library there is only internal/sync, of which sync.Map is.
func packagesOf(m any, more []string) []string {
	w := packages{found: make(map[string]bool), types: make(map[reflect.Type]bool)}
	w.value(reflect.ValueOf(m))
	for _, p := range more {
		w.found[p] = true
	}
	return slices.Sorted(maps.Keys(w.found))
}

type packages struct {
	found  map[string]bool
	types  map[reflect.Type]bool
	values int
}

func (w *packages) add(path string) {
	path = strings.TrimSuffix(path, "_test") // the go command gives the tests of a package the flags of the package
	switch {
	case path == "" || names.OfLibrary(path+"."):
	case !names.StdPackage(path):
		w.found[path] = true
	case path == "sync" || path == "internal/sync":
		w.found["internal/sync"] = true
	}
}

// typ adds the packages of a type and of the types that it is made of.
func (w *packages) typ(t reflect.Type) {
	if t == nil || w.types[t] {
		return
	}
	w.types[t] = true
	if path := t.PkgPath(); path == "sync" && t.Name() == "Map" || path != "" && !names.StdPackage(path) {
		w.add(path)
	}
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Chan:
		w.typ(t.Elem())
	case reflect.Map:
		w.typ(t.Key())
		w.typ(t.Elem())
	case reflect.Struct:
		for f := range t.Fields() {
			w.typ(f.Type)
		}
	}
}

// value adds the packages of a value and of what it refers to: interfaces and functions hide types.
func (w *packages) value(v reflect.Value) {
	if w.values++; !v.IsValid() || w.values > mostValues {
		return
	}
	w.typ(v.Type())
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			w.value(v.Elem())
		}
	case reflect.Struct:
		for i := range v.NumField() {
			w.value(v.Field(i))
		}
	case reflect.Func:
		if f := runtime.FuncForPC(v.Pointer()); f != nil && !v.IsNil() {
			if path := names.Package(f.Name()); !names.StdPackage(path) {
				w.add(path)
			}
		}
	case reflect.Slice, reflect.Array:
		for i := range min(v.Len(), 4) {
			w.value(v.Index(i))
		}
	}
}
