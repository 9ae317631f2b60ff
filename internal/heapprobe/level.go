package heapprobe

import (
	"reflect"
	"runtime"
	"sync"
	"time"

	"github.com/leakassert/leakassert/internal/probe"
)

// A meter reads how much of the heap is live. It does not use runtime/metrics, which does not stop
// the world but counts hundreds of objects that are only cached for allocation.
type meter struct {
	stats  runtime.MemStats
	output func() int64
}

// read collects garbage twice, because what a sync.Pool keeps survives one collection.
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

// steadyLooks is how many equal looks show that the heap has settled.
const steadyLooks = 3

// A settled holds the amounts at the first and at the last look, and the least amount.
type settled struct {
	first, held, least amount
	// waited says that there was more than one look; falling says that the amount was still
	// falling at the end.
	waited, falling bool
}

// settle collects garbage until what n iterations have left since before is no growth, until no
// more goes away, or until brief has passed. While the amount falls fast enough, settle waits up to
// limit. The amount at the end can be more than the least one if something else grows meanwhile.
func (g *growth) settle(n int, before amount, brief, limit time.Duration) (s settled) {
	steady, began, most := 0, time.Now(), -1.0
	probe.SettleForced(max(brief, limit), func() bool {
		if most < 0 {
			s.held = g.read()
			s.first, s.least = s.held, s.held
			most = g.excess(n, s.held.minus(before))
			return most > 1
		}
		s.waited = true
		last := s.held
		runtime.GC()
		s.held = g.now()
		s.least = s.least.least(s.held)
		steady++
		if s.held.objects < last.objects || s.held.bytes < last.bytes {
			steady = 0
		}
		left, spent := g.excess(n, s.held.minus(before)), time.Since(began)
		s.falling = left > 1 && steady <= 1 && most-left > most/10
		if left <= 1 {
			return false
		}
		takes := limit
		if s.falling { // at this pace
			takes = time.Duration(float64(spent) * (left - 1) / (most - left))
		}
		return spent+takes < limit || steady <= steadyLooks && spent < brief
	})
	return s
}

// outputOf returns a function that returns how many bytes the test's output takes. The testing
// package keeps the output until the test is over. Output that can't be found counts as none.
func outputOf(t any) func() int64 {
	type buffer struct {
		mu     *sync.RWMutex
		output *[]byte
	}
	var buffers []buffer
	for common := commonOf(reflect.ValueOf(t), 0); common.IsValid(); {
		b := buffer{fieldOf[sync.RWMutex](common, "mu"), fieldOf[[]byte](common, "output")}
		if b.mu == nil || b.output == nil {
			break
		}
		buffers = append(buffers, b)
		parent := common.FieldByName("parent")
		if !parent.IsValid() || parent.Type() != reflect.PointerTo(common.Type()) {
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

// fieldOf returns a pointer to a field of a struct, nil if it has no such field of that type.
func fieldOf[T any](v reflect.Value, name string) *T {
	if f := v.FieldByName(name); f.IsValid() && f.Type() == reflect.TypeFor[T]() {
		return (*T)(f.Addr().UnsafePointer())
	}
	return nil
}

// commonOf returns the testing.common of a *testing.T, or of a struct that has one in a field.
func commonOf(v reflect.Value, depth int) (common reflect.Value) {
	for v.IsValid() && (v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface) {
		v = v.Elem()
	}
	switch {
	case !v.IsValid() || v.Kind() != reflect.Struct || depth > 2:
	case v.Type().PkgPath() == "testing":
		if f := v.FieldByName("common"); f.IsValid() && f.CanAddr() && f.Kind() == reflect.Struct {
			return f
		}
	default:
		for i := 0; i < v.NumField() && !common.IsValid(); i++ {
			common = commonOf(v.Field(i), depth+1)
		}
	}
	return common
}
