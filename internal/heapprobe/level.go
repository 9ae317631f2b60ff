package heapprobe

import (
	"reflect"
	"runtime"
	"sync"
	"time"
	"unsafe"

	"github.com/leakassert/leakassert/internal/check"
	"github.com/leakassert/leakassert/internal/probe"
)

// A meter reads how much of the heap is live. runtime/metrics would not stop the
// world, but counts what is cached for allocation as allocated: hundreds of
// objects.
type meter struct {
	stats  runtime.MemStats
	output func() int64
}

// read collects garbage twice, as what a sync.Pool keeps survives the first time.
func (m *meter) read() amount {
	collect()
	return m.now()
}

func collect() {
	runtime.GC()
	runtime.GC()
}

func (m *meter) now() amount {
	runtime.ReadMemStats(&m.stats)
	return amount{int64(m.stats.HeapObjects), int64(m.stats.HeapAlloc) - m.output()}
}

// steadyLooks is after how many looks that have seen the same the heap is taken
// to have settled, where it need not be waited for any longer.
const steadyLooks = 3

// settle collects until enough says that no more need go or limit has passed; or,
// if it is to be brief, until no more goes. What is held at the end can be more than
// the least that was seen, if something else grows meanwhile.
func (m *meter) settle(limit time.Duration, brief bool, enough func(amount) bool) (held, least amount) {
	looks, steady := 0, 0
	probe.SettleForced(limit, func() bool {
		if looks++; looks == 1 {
			held = m.read()
			least = held
		} else {
			check.CloseIdleConnections()
			runtime.GC()
			before := held
			held = m.now()
			least = amount{min(least.objects, held.objects), min(least.bytes, held.bytes)}
			if held.objects < before.objects || held.bytes < before.bytes {
				steady = 0
			}
		}
		steady++
		return !enough(held) && !(brief && steady > steadyLooks)
	})
	return held, least
}

// outputOf is how many bytes a test's output takes, which the testing package
// keeps until the test is over: what a body logs is no leak of it. Output that
// can't be found counts as none.
func outputOf(t any) func() int64 {
	type buffer struct {
		mu     *sync.RWMutex
		output *[]byte
	}
	var buffers []buffer
	common := commonOf(reflect.ValueOf(t), 0)
	for common.IsValid() {
		mu, output, parent := common.FieldByName("mu"), common.FieldByName("output"), common.FieldByName("parent")
		if !mu.IsValid() || mu.Type() != reflect.TypeFor[sync.RWMutex]() || !output.IsValid() || output.Type() != reflect.TypeFor[[]byte]() {
			break
		}
		buffers = append(buffers, buffer{(*sync.RWMutex)(unsafe.Pointer(mu.UnsafeAddr())), (*[]byte)(unsafe.Pointer(output.UnsafeAddr()))})
		if !parent.IsValid() || parent.Kind() != reflect.Pointer || parent.Type().Elem() != common.Type() {
			break
		}
		common = parent.Elem()
	}
	return func() (n int64) {
		for _, b := range buffers {
			b.mu.RLock()
			n += int64(cap(*b.output))
			b.mu.RUnlock()
		}
		return n
	}
}

// commonOf is the testing.common of a *testing.T or of what has one in a field.
func commonOf(v reflect.Value, depth int) reflect.Value {
	for v.IsValid() && (v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface) {
		v = v.Elem()
	}
	if !v.IsValid() || v.Kind() != reflect.Struct || depth > 2 {
		return reflect.Value{}
	}
	if v.Type().PkgPath() == "testing" {
		if f := v.FieldByName("common"); f.IsValid() && f.CanAddr() && f.Kind() == reflect.Struct {
			return f
		}
		return reflect.Value{}
	}
	for i := range v.NumField() {
		switch f := v.Field(i); f.Kind() {
		case reflect.Pointer, reflect.Interface, reflect.Struct:
			if common := commonOf(f, depth+1); common.IsValid() {
				return common
			}
		}
	}
	return reflect.Value{}
}
