package mapfuzz

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
)

// Key spells a key as Go does. A pointer has a name: k3 is key number 3.
func (t *tables[K, V]) Key(i int) string { return spell("k", t.keys, i) }

// Val spells a value.
func (t *tables[K, V]) Val(i int) string { return spell("v", t.vals, i) }

func spell[T any](name string, all []T, i int) string {
	if i < 0 || i >= len(all) {
		return "a stranger"
	}
	v := inside(&all[i])
	switch v.Kind() {
	case reflect.Interface:
		return "nil"
	case reflect.Pointer, reflect.UnsafePointer, reflect.Chan, reflect.Func, reflect.Map, reflect.Slice:
		return fmt.Sprint(name, i)
	}
	if v.CanUint() {
		return fmt.Sprint(v.Uint()) // %#v would write it in hexadecimal
	}
	return fmt.Sprintf("%#v", v)
}

func (t *tables[K, V]) pasteable() bool {
	return t.comparable && literal(inside(&t.keys[0]).Type()) && literal(inside(&t.vals[0]).Type())
}

// literal reports whether values of a type have a literal or a name.
func literal(t reflect.Type) bool {
	return t.Kind() == reflect.Pointer || t.Kind() == reflect.Chan || plain(t)
}

// inside returns a value, or the value in an interface.
func inside[T any](x *T) reflect.Value {
	v := reflect.ValueOf(x).Elem()
	for v.Kind() == reflect.Interface && !v.IsNil() {
		v = v.Elem()
	}
	return v
}

// declare declares the pointers among keys and values.
func (t *tables[K, V]) declare(keys, vals map[int]bool) []string {
	return append(declarations("k", t.keys, keys), declarations("v", t.vals, vals)...)
}

func declarations[T any](name string, all []T, used map[int]bool) (lines []string) {
	for _, i := range slices.Sorted(maps.Keys(used)) {
		switch v := inside(&all[i]); v.Kind() {
		case reflect.Pointer:
			lines = append(lines, fmt.Sprintf("%s%d := new(%v)", name, i, v.Type().Elem()))
		case reflect.Chan:
			lines = append(lines, fmt.Sprintf("%s%d := make(%v)", name, i, v.Type()))
		}
	}
	return lines
}

func (t *tables[K, V]) valType() string { return reflect.TypeFor[V]().String() }
