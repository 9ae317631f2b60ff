package mapfuzz_test

import (
	"sync"
	"testing"
	"time"

	"github.com/leakassert/leakassert/examples/maps"
	"github.com/leakassert/leakassert/internal/faketb"
	"github.com/leakassert/leakassert/leaktest/mapfuzz"
	"github.com/stretchr/testify/assert"
)

// A keeping map keeps what it should not.
type keeping[K comparable, V any] struct {
	maps.Locked[K, V]
	keep func(m *keeping[K, V], key K)
	hold struct {
		mu   sync.Mutex
		keys map[K]bool
		last V
		all  []V
	}
}

func (m *keeping[K, V]) Delete(key K) {
	m.hold.mu.Lock()
	m.keep(m, key)
	m.hold.mu.Unlock()
	m.Locked.Delete(key)
}

func (m *keeping[K, V]) LoadAndDelete(key K) (V, bool) {
	return m.Locked.LoadAndDelete(key)
}

func keepsLast[K comparable, V any](m *keeping[K, V], key K) { m.hold.last, _ = m.Load(key) }
func keepsKeys[K comparable, V any](m *keeping[K, V], key K) {
	if m.hold.keys == nil {
		m.hold.keys = make(map[K]bool)
	}
	m.hold.keys[key] = true
}
func keepsAll[K comparable, V any](m *keeping[K, V], key K) {
	v, _ := m.Load(key)
	m.hold.all = append(m.hold.all, v)
}

func TestRelease(t *testing.T) {
	only := []mapfuzz.Option{mapfuzz.Only("release"), mapfuzz.Budget(100 * time.Millisecond)}
	f := faketb.New("T")
	mapfuzz.Test(f, func() mapfuzz.Map[any, any] { return &keeping[any, any]{keep: keepsLast[any, any]} }, only...)
	assert.Empty(t, f.Errors())
	assert.Contains(t, f.Logs(), "after Delete the map keeps one of 64 values (struct { _ *uint8 }), until something takes its place")
	f = faketb.New("T")
	mapfuzz.Test(f, func() mapfuzz.Map[any, any] { return &keeping[any, any]{keep: keepsAll[any, any]} }, only...)
	assert.Contains(t, f.Errors(), "after Delete the map keeps 64 of 64 values (struct { _ *uint8 }): they are not garbage (mode release)")
	assert.Contains(t, f.Errors(), "kept by the map.(*mapfuzz_test.keeping[interface {},interface {}]).hold.all[…]")
	f = faketb.New("T")
	mapfuzz.Test(f, func() mapfuzz.Map[any, int] { return &keeping[any, int]{keep: keepsKeys[any, int]} }, only...)
	assert.Contains(t, f.Errors(), "after Delete the map keeps 64 of 64 keys (struct { _ *uint8 }): they are not garbage")
	f = faketb.New("T")
	mapfuzz.Test(f, func() mapfuzz.Map[string, int] { return &keeping[string, int]{keep: keepsKeys[string, int]} }, only...)
	assert.Contains(t, f.Errors(), "after Delete the map keeps 64 of 64 keys (string): they are not garbage")
	assert.Contains(t, f.Errors(), "kept by the map.(*mapfuzz_test.keeping[string,int]).hold.keys[key]\n")
	f = faketb.New("T")
	mapfuzz.Test(f, func() mapfuzz.Map[*payload, *payload] {
		return &keeping[*payload, *payload]{keep: keepsAll[*payload, *payload]}
	}, only...)
	assert.Contains(t, f.Errors(), "after Delete the map keeps 64 of 64 values (mapfuzz_test.payload): they are not garbage")
}

// A map that is emptied again and again grows.
func TestSteady(t *testing.T) {
	f := faketb.New(t.Name())
	mapfuzz.Test(f, func() mapfuzz.Map[int, int] { return &keeping[int, int]{keep: keepsAll[int, int]} }, mapfuzz.Only("steady"))
	assert.Contains(t, f.Errors(), "the memory grows, though 128 keys are stored and deleted again and again (mode steady)")
	assert.Contains(t, f.Errors(), "mapfuzz_test.keepsAll[...]")
}
