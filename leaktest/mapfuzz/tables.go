package mapfuzz

import (
	"fmt"
	"reflect"
	"sync"
	"unsafe"

	"github.com/leakassert/leakassert/internal/mapdrive"
)

const (
	mostKeys = 4096
	mostVals = 1024
	ofNil    = 1 // the number of nil among keys and values of type any
)

type tables[K comparable, V any] struct {
	keys  []K
	vals  []V
	keyNo map[K]int
	valNo map[any]int // by identity
	// comparable says that values can be compared. Slices and maps are distinguished by their
	// addresses.
	comparable bool
}

// made holds the tables by pair of types: making some takes longer than an execution.
var made sync.Map

// tablesOf returns the tables made before, unless an option makes keys or values.
func tablesOf[K comparable, V any](o settings) (*tables[K, V], error) {
	if o.keys != nil || o.vals != nil {
		return newTables[K, V](o)
	}
	types := [2]reflect.Type{reflect.TypeFor[K](), reflect.TypeFor[V]()}
	if t, ok := made.Load(types); ok {
		return t.(*tables[K, V]), nil
	}
	t, err := newTables[K, V](o)
	if err == nil {
		made.Store(types, t)
	}
	return t, err
}

func newTables[K comparable, V any](o settings) (*tables[K, V], error) {
	t := &tables[K, V]{keyNo: make(map[K]int), valNo: make(map[any]int), comparable: reflect.TypeFor[V]().Comparable()}
	key, err := maker[K]("Keys", "keys", o.keys)
	if err != nil {
		return nil, err
	}
	for i := range mostKeys {
		k := key(i)
		if k != k {
			return nil, fmt.Errorf("mapfuzz: Keys makes key number %d, %v, that is not equal to itself: no map finds it again", i, k)
		}
		if _, seen := t.keyNo[k]; seen && o.keys != nil {
			return nil, fmt.Errorf("mapfuzz: Keys makes key number %d a second time: %v", i, k)
		} else if seen {
			break // the type has no more values
		}
		t.keyNo[k] = i
		t.keys = append(t.keys, k)
	}
	val, err := maker[V]("Values", "values", o.vals)
	if err != nil {
		return nil, err
	}
	for i := range mostVals {
		v := val(i)
		id, ok := identity(v)
		if !ok {
			return nil, fmt.Errorf("mapfuzz: values of type %v can't be told apart: drive a map of pointers to them", reflect.TypeFor[V]())
		}
		if id != id {
			return nil, fmt.Errorf("mapfuzz: Values makes value number %d, %v, that is not equal to itself: the driver can't tell whether the map returns it", i, v)
		}
		if _, seen := t.valNo[id]; seen {
			break
		}
		t.valNo[id] = i
		t.vals = append(t.vals, v)
	}
	return t, nil
}

// maker returns the function that makes value number i: the option's or the driver's.
func maker[T any](option, things string, given any) (func(i int) T, error) {
	typ := reflect.TypeFor[T]()
	if f, ok := given.(func(int) T); ok {
		return f, nil
	} else if given != nil {
		return nil, fmt.Errorf("mapfuzz: %s makes other %s than those of the map, which are %v", option, things, typ)
	}
	if _, ok := makeOf(typ, 0); !ok {
		return nil, fmt.Errorf("mapfuzz: the driver can't make %s of type %v: pass %s", things, typ, option)
	}
	return func(i int) T {
		v, _ := makeOf(typ, i)
		x, _ := v.Interface().(T)
		return x
	}, nil
}

// number returns the number of a value.
func (t *tables[K, V]) number(v V) int {
	if id, ok := identity(v); ok {
		if i, known := t.valNo[id]; known {
			return i
		}
	}
	return mapdrive.Foreign
}

// identity returns what distinguishes a value from others: the value itself, or its address. ok is
// false if it has neither.
func identity[V any](x V) (id any, ok bool) {
	switch v := reflect.ValueOf(&x).Elem(); {
	case v.Comparable():
		return x, true
	case v.Kind() == reflect.Slice && v.Cap() > 0 || v.Kind() == reflect.Map:
		return v.Pointer(), true
	}
	return nil, false
}

// plain reports whether values of a type consist only of numbers, bools and strings.
func plain(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Struct:
		for f := range t.Fields() {
			if !plain(f.Type) {
				return false
			}
		}
		return true
	case reflect.Array:
		return plain(t.Elem())
	}
	return t.Kind() <= reflect.Complex128 || t.Kind() == reflect.String
}

// makeOf makes value number i of a type. Values differ as long as the type has that many. Whether
// makeOf can make one does not depend on i.
func makeOf(t reflect.Type, i int) (v reflect.Value, ok bool) {
	v = reflect.New(t).Elem()
	switch kind := t.Kind(); {
	case kind == reflect.Interface && t.NumMethod() == 0:
		if i != ofNil {
			v.Set(reflect.ValueOf(i))
		}
	case kind == reflect.Bool:
		v.SetBool(i%2 == 1)
	case v.CanInt():
		v.SetInt(int64(i))
	case v.CanUint():
		v.SetUint(uint64(i))
	case v.CanFloat():
		v.SetFloat(float64(i))
	case v.CanComplex():
		v.SetComplex(complex(float64(i), 0))
	case kind == reflect.String:
		v.SetString(fmt.Sprint("s", i))
	case kind == reflect.Pointer && t.Elem().Size() > 0: // pointers to types of size 0 can all have the same address
		v.Set(reflect.New(t.Elem()))
	case kind == reflect.Slice && t.Elem().Size() > 0:
		v.Set(reflect.MakeSlice(t, 1, 1))
	case kind == reflect.Map:
		v.Set(reflect.MakeMap(t))
	case kind == reflect.Chan:
		v.Set(reflect.MakeChan(reflect.ChanOf(reflect.BothDir, t.Elem()), 0).Convert(t))
	case kind == reflect.Struct:
		for f := range t.NumField() {
			x, ok := makeOf(t.Field(f).Type, i)
			if !ok || !t.Field(f).IsExported() && !plain(t.Field(f).Type) {
				return v, false // a pointer in an unexported field has a meaning
			}
			// Set unexported fields through their addresses.
			reflect.NewAt(t.Field(f).Type, unsafe.Pointer(v.Field(f).UnsafeAddr())).Elem().Set(x)
		}
	case kind == reflect.Array:
		for e := range t.Len() {
			x, ok := makeOf(t.Elem(), i)
			if !ok {
				return v, false
			}
			v.Index(e).Set(x)
		}
	default:
		return v, false
	}
	return v, true
}
