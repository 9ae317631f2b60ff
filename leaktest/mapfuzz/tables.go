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
)

// tables are the keys and values that a map is driven with.
type tables[K comparable, V any] struct {
	keys  []K
	vals  []V
	keyNo map[K]int
	valNo func(V) int
	// comparable says that values can be compared; those of slices and maps are told
	// apart by where they are.
	comparable bool
}

// made has the tables of types, by the pair of them: making some takes longer than an
// execution.
var made sync.Map

// tablesOf are those made before, where no option makes others.
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
	t := &tables[K, V]{keyNo: make(map[K]int), comparable: reflect.TypeFor[V]().Comparable()}
	key, ok := o.keys.(func(int) K)
	if o.keys != nil && !ok {
		return nil, fmt.Errorf("mapfuzz: Keys makes other keys than those of the map, which are %v", reflect.TypeFor[K]())
	}
	for i := range mostKeys {
		var k K
		if key != nil {
			k = key(i)
		} else if v, ok := makeOf(reflect.TypeFor[K](), i); ok {
			k, _ = v.Interface().(K)
		} else {
			return nil, fmt.Errorf("mapfuzz: the driver can't make keys of type %v: pass Keys", reflect.TypeFor[K]())
		}
		if k != k {
			return nil, fmt.Errorf("mapfuzz: Keys makes key number %d, %v, that is not equal to itself: no map finds it again", i, k)
		}
		if _, seen := t.keyNo[k]; seen {
			if key != nil {
				return nil, fmt.Errorf("mapfuzz: Keys makes key number %d a second time: %v", i, k)
			}
			break // there are no more of the type
		}
		t.keyNo[k] = i
		t.keys = append(t.keys, k)
	}
	val, ok := o.vals.(func(int) V)
	if o.vals != nil && !ok {
		return nil, fmt.Errorf("mapfuzz: Values makes other values than those of the map, which are %v", reflect.TypeFor[V]())
	}
	valNo := make(map[any]int)
	for i := range mostVals {
		var x V
		if val != nil {
			x = val(i)
		} else if v, ok := makeOf(reflect.TypeFor[V](), i); ok {
			x, _ = v.Interface().(V)
		} else {
			return nil, fmt.Errorf("mapfuzz: the driver can't make values of type %v: pass Values", reflect.TypeFor[V]())
		}
		id, ok := identity(x)
		if !ok {
			return nil, fmt.Errorf("mapfuzz: values of type %v can't be told apart: drive a map of pointers to them", reflect.TypeFor[V]())
		}
		if _, seen := valNo[id]; seen {
			break
		}
		valNo[id] = i
		t.vals = append(t.vals, x)
	}
	t.valNo = func(v V) int {
		if id, ok := identity(v); ok {
			if i, known := valNo[id]; known {
				return i
			}
		}
		return mapdrive.Foreign
	}
	return t, nil
}

// identity is what tells a value from others: itself, or where it is. There is none
// of what has neither.
func identity[V any](x V) (id any, ok bool) {
	switch v := reflect.ValueOf(&x).Elem(); {
	case v.Comparable():
		return x, true
	case v.Kind() == reflect.Slice && v.Cap() > 0 || v.Kind() == reflect.Map:
		return v.Pointer(), true
	}
	return nil, false
}

// plain is whether any value of a type will do for a field that is not exported: a
// pointer in one has a meaning.
func plain(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Struct:
		for f := range t.NumField() {
			if !plain(t.Field(f).Type) {
				return false
			}
		}
		return true
	case reflect.Array:
		return plain(t.Elem())
	}
	return t.Kind() <= reflect.Complex128 || t.Kind() == reflect.String
}

// makeOf makes value number i of a type; those of one type differ as long as it has
// so many.
func makeOf(t reflect.Type, i int) (v reflect.Value, ok bool) {
	v = reflect.New(t).Elem()
	switch t.Kind() {
	case reflect.Interface:
		if t.NumMethod() > 0 {
			return v, false
		}
		v.Set(reflect.ValueOf(i))
	case reflect.Bool:
		v.SetBool(i%2 == 1)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(int64(i))
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		v.SetUint(uint64(i))
	case reflect.Float32, reflect.Float64:
		v.SetFloat(float64(i))
	case reflect.Complex64, reflect.Complex128:
		v.SetComplex(complex(float64(i), 0))
	case reflect.String:
		v.SetString(fmt.Sprint("s", i))
	case reflect.Pointer:
		if t.Elem().Size() == 0 {
			return v, false // all of them can be at one address
		}
		v.Set(reflect.New(t.Elem()))
	case reflect.Slice:
		if t.Elem().Size() == 0 {
			return v, false
		}
		v.Set(reflect.MakeSlice(t, 1, 1))
	case reflect.Map:
		v.Set(reflect.MakeMap(t))
	case reflect.Chan:
		v.Set(reflect.MakeChan(reflect.ChanOf(reflect.BothDir, t.Elem()), 0).Convert(t))
	case reflect.Struct:
		if t.NumField() == 0 {
			return v, true
		}
		for f := range t.NumField() {
			x, ok := makeOf(t.Field(f).Type, i)
			if !ok || !t.Field(f).IsExported() && !plain(t.Field(f).Type) {
				return v, false
			}
			// Fields that are not exported are set by where they are.
			reflect.NewAt(t.Field(f).Type, unsafe.Pointer(v.Field(f).UnsafeAddr())).Elem().Set(x)
		}
	case reflect.Array:
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
