package mapfuzz

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
)

// Key spells a key, as Go does; a pointer has a name, k3 for that of key number 3.
func (t *tables[K, V]) Key(i int) string { return spell("k", t.keys, i) }

// Val spells a value.
func (t *tables[K, V]) Val(i int) string { return spell("v", t.vals, i) }

func spell[T any](name string, all []T, i int) string {
	if i < 0 || i >= len(all) {
		return "a stranger"
	}
	v := inside(&all[i])
	switch v.Kind() {
	case reflect.Pointer, reflect.Chan, reflect.Slice, reflect.Map, reflect.UnsafePointer, reflect.Invalid:
		return fmt.Sprint(name, i)
	case reflect.String:
		return fmt.Sprintf("%q", v.String())
	case reflect.Bool:
		return fmt.Sprint(v.Bool())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return fmt.Sprint(v.Int()) // and not what a String method says: a test is to be pasted
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return fmt.Sprint(v.Uint())
	case reflect.Float32, reflect.Float64:
		return fmt.Sprint(v.Float())
	case reflect.Complex64, reflect.Complex128:
		return fmt.Sprint(v.Complex())
	}
	return fmt.Sprintf("%#v", v)
}

// pasteable is whether Go has literals, or names, for keys and values, and compares
// them.
func (t *tables[K, V]) pasteable() bool {
	return t.comparable && literal(inside(&t.keys[0]).Type(), true) && literal(inside(&t.vals[0]).Type(), true)
}

// literal is whether values of a type have one, or, if they stand alone, a name.
func literal(t reflect.Type, alone bool) bool {
	switch t.Kind() {
	case reflect.Pointer, reflect.Chan:
		return alone
	case reflect.Struct:
		for f := range t.NumField() {
			if !literal(t.Field(f).Type, false) {
				return false
			}
		}
		return true
	case reflect.Array:
		return literal(t.Elem(), false)
	}
	return t.Kind() <= reflect.Complex128 && t.Kind() != reflect.Invalid || t.Kind() == reflect.String
}

// inside is a value, or what is in an interface.
func inside[T any](x *T) reflect.Value {
	v := reflect.ValueOf(x).Elem()
	for v.Kind() == reflect.Interface && !v.IsNil() {
		v = v.Elem()
	}
	return v
}

// declare declares the pointers among keys and values.
func (t *tables[K, V]) declare(keys, vals map[int]bool) (lines []string) {
	for _, i := range slices.Sorted(maps.Keys(keys)) {
		lines = append(lines, declaration("k", t.keys, i)...)
	}
	for _, i := range slices.Sorted(maps.Keys(vals)) {
		lines = append(lines, declaration("v", t.vals, i)...)
	}
	return lines
}

func declaration[T any](name string, all []T, i int) []string {
	switch v := inside(&all[i]); v.Kind() {
	case reflect.Pointer:
		return []string{fmt.Sprintf("%s%d := new(%v)", name, i, v.Type().Elem())}
	case reflect.Slice:
		return []string{fmt.Sprintf("%s%d := make(%v, 1)", name, i, v.Type())}
	case reflect.Map, reflect.Chan:
		return []string{fmt.Sprintf("%s%d := make(%v)", name, i, v.Type())}
	}
	return nil
}

// valType is the type of values, as Go spells it.
func (t *tables[K, V]) valType() string { return reflect.TypeFor[V]().String() }
