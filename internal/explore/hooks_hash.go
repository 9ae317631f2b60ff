package explore

import (
	"math"
	"reflect"
	"strings"
	"unsafe"
)

// The runtime's hashes depend on keys that every process draws anew, so the
// same schedule would find another table in another process. Rewritten packages
// call these instead, also outside of tasks: a key must have one hash only.

// hashValues is the number of values to which hashes are cut, or 0, once hashesReady is set. It is the same for
// as long as the process runs, as a key must have one hash only.
var (
	hashValues  uint64
	hashesReady bool
)

// HashVariable is the environment variable that has the number of values to which hashes are cut.
const HashVariable = "LEAKASSERT_HASH_VALUES"

// readHashValues reads the variable. Package os can't: packages hash keys before it is initialised.
//
//go:norace
func readHashValues() {
	for _, v := range runtimeEnvs() {
		if text, ok := strings.CutPrefix(v, HashVariable+"="); ok {
			hashValues = 0
			for _, digit := range []byte(text) {
				hashValues = 10*hashValues + uint64(digit-'0')
			}
		}
	}
	hashesReady = true
}

// runtimeEnvs returns the environment as the runtime has it from the beginning.
//
//go:linkname runtimeEnvs syscall.runtime_envs
func runtimeEnvs() []string

// hashed says that a rewritten package has hashed something in an execution.
var hashed bool

// Hashed reports whether rewritten packages hash keys by means that are controlled, so that hashes can be cut.
//
//go:norace
func Hashed() bool { return hashed }

// hookCut makes different keys collide, if that is wanted. Values that are left differ in all bits.
//
//go:norace
//go:linkname hookCut github.com/leakassert/leakassert/internal/explore.hookCut
func hookCut(h uint64) uint64 {
	if !hashesReady {
		readHashValues()
	}
	if !hashed && mine() != nil {
		hashed = true
	}
	if hashValues > 0 {
		return mix(h % hashValues)
	}
	return h
}

// hookHashMemory hashes n bytes.
//
//go:norace
//go:linkname hookHashMemory github.com/leakassert/leakassert/internal/explore.hookHashMemory
func hookHashMemory(p unsafe.Pointer, seed uint64, n uintptr) uint64 {
	h := mix(seed ^ uint64(n))
	for ; n >= 8; n -= 8 {
		var word uint64
		for i := range uintptr(8) {
			word |= uint64(*(*byte)(unsafe.Add(p, i))) << (8 * i)
		}
		h = mix(h ^ word)
		p = unsafe.Add(p, 8)
	}
	var rest uint64
	for i := range n {
		rest |= uint64(*(*byte)(unsafe.Add(p, i))) << (8 * i)
	}
	return mix(h ^ rest)
}

// mix is the last step of splitmix64: every bit depends on every bit.
func mix(h uint64) uint64 {
	r := random{h}
	return r.next()
}

func hashString(s string, seed uint64) uint64 {
	return hookHashMemory(unsafe.Pointer(unsafe.StringData(s)), seed, uintptr(len(s)))
}

// hookHash hashes a comparable value: equal values have equal hashes.
//
//go:linkname hookHash github.com/leakassert/leakassert/internal/explore.hookHash
func hookHash(v any, seed uint64) uint64 {
	switch v := v.(type) {
	case int:
		return mix(seed ^ uint64(v))
	case uint64:
		return mix(seed ^ v)
	case string:
		return hashString(v, seed)
	}
	return hashValue(reflect.ValueOf(v), seed)
}

// hookHashOf hashes the value at p of the type whose descriptor is at t, as
// runtime.typehash does.
//
//go:linkname hookHashOf github.com/leakassert/leakassert/internal/explore.hookHashOf
func hookHashOf(t, p unsafe.Pointer, seed uint64) uint64 {
	var v any
	(*[2]unsafe.Pointer)(unsafe.Pointer(&v))[0] = t
	return hashValue(reflect.NewAt(reflect.TypeOf(v), p).Elem(), seed)
}

func hashValue(v reflect.Value, seed uint64) uint64 {
	switch v.Kind() {
	case reflect.Bool:
		if v.Bool() {
			return mix(seed ^ 1)
		}
		return mix(seed)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return mix(seed ^ uint64(v.Int()))
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return mix(seed ^ v.Uint())
	case reflect.Float32, reflect.Float64:
		return hashFloat(v.Float(), seed)
	case reflect.Complex64, reflect.Complex128:
		return hashFloat(imag(v.Complex()), hashFloat(real(v.Complex()), seed))
	case reflect.String:
		return hashString(v.String(), seed)
	case reflect.Pointer, reflect.Chan, reflect.UnsafePointer:
		return mix(seed ^ uint64(v.Pointer())) // differs from run to run all the same
	case reflect.Array:
		for i := range v.Len() {
			seed = hashValue(v.Index(i), seed)
		}
		return seed
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).Name != "_" {
				seed = hashValue(v.Field(i), seed)
			}
		}
		return seed
	case reflect.Interface:
		return hashValue(v.Elem(), seed)
	case reflect.Invalid: // a nil interface
		return mix(seed)
	}
	panic("runtime error: hash of unhashable type " + v.Type().String())
}

func hashFloat(f float64, seed uint64) uint64 {
	switch {
	case f == 0: // 0 and -0 are equal
		return mix(seed)
	case f != f: // no NaN is equal to any
		return mix(seed ^ hookRand())
	}
	return mix(seed ^ math.Float64bits(f))
}
