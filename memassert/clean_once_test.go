package memassert_test

import (
	"bytes"
	"encoding/gob"
	"encoding/xml"
	"reflect"
	"sync"
	"testing"
)

// What is made once is kept for good, and is no growth.
var cleanOnce = []cleanBody{
	{
		name: "reflect", why: "types that are made at run time are kept, one of each",
		start: func(t *testing.T) func() {
			return func() {
				typ := reflect.TypeFor[order]()
				for range 3 {
					typ = reflect.PointerTo(reflect.MapOf(reflect.TypeFor[string](), reflect.SliceOf(typ)))
				}
				reflect.New(typ.Elem()).Elem().Set(reflect.MakeMap(typ.Elem()))
			}
		},
	},
	{
		name: "xml and gob", why: "what they know of types they keep, once each",
		start: func(t *testing.T) func() {
			return func() {
				var buf bytes.Buffer
				must(gob.NewEncoder(&buf).Encode(anOrder))
				var back order
				must(gob.NewDecoder(&buf).Decode(&back))
				text, err := xml.Marshal(anOrder.Items)
				must(err)
				var items []item
				must(xml.NewDecoder(bytes.NewReader(text)).Decode(&items))
			}
		},
	},
	{
		name: "sync.Once", why: "the first call makes a table",
		start: func(t *testing.T) func() {
			var once sync.Once
			var table [][]byte
			return func() {
				once.Do(func() { table = someMemory(1000) })
				_ = table[7]
			}
		},
	},
	{
		name: "lazily made", why: "a call in the middle of the first round makes a table, and another one in the second",
		start: func(t *testing.T) func() {
			tables := make(map[int][][]byte)
			n := 0
			return func() {
				n++
				if n == 50 || n == 150 {
					tables[n] = someMemory(5000)
				}
			}
		},
	},
}

func someMemory(n int) [][]byte {
	all := make([][]byte, n)
	for i := range all {
		all[i] = make([]byte, 48)
	}
	return all
}
