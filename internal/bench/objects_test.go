package bench

import (
	"crypto/sha256"
	"encoding/json"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/leakassert/leakassert/memassert"
)

// An object is a small one, of 32 bytes, with a pointer in it.
type object struct {
	next *object
	_    [3]uint64
}

// keep keeps n objects alive, as the caches and tables of a large test binary do:
// a garbage collection has to mark them all.
func keep(n int) (release func()) {
	kept := make([]*object, n)
	for i := range kept {
		kept[i] = &object{next: kept[i/2]}
	}
	return func() {
		runtime.KeepAlive(kept)
		kept = nil
		runtime.GC()
	}
}

// objectCases are in groups of the same body.
func objectCases() (all []Case) {
	for _, b := range []struct {
		name string
		body func()
	}{{"empty", empty}, {"small", small}, {"json", roundTrip}, {"hash", hash}} {
		all = append(all,
			Case{Body: b.name, By: "floor", Bench: body(b.body)},
			Case{Body: b.name, By: "floor-2GC", Bench: body(func() { b.body(); collect() })},
			Case{Body: b.name, By: "rounds", Bench: body(func() { inRounds(b.body) })},
		)
		all = append(all, clean(b.name, b.body, objectCheckers())...)
	}
	return all
}

// objectCheckers are memassert's, under the names of its functions.
func objectCheckers(opts ...memassert.Option) []named[checker] {
	return []named[checker]{
		{"NoGrowth", inTest(func(t *tb, body func()) { memassert.NoGrowth(t, body, opts...) })},
		{"NoLeak", inTest(func(t *tb, body func()) { memassert.NoLeak(t, body, opts...) })},
		{"Check", inTest(func(t *tb, body func()) {
			// With room for the cleanup that Check registers: what the test makes for
			// it is the test's.
			t.cleanups = make([]func(), 0, 1)
			memassert.Check(t, opts...)
			body()
		})},
	}
}

// inRounds is the floor of NoGrowth: the warm-up and the rounds that it runs a
// clean body in, and the collections without which none of them says what is live.
// NoGrowth runs fewer iterations of a body that takes more than some milliseconds.
func inRounds(body func()) {
	for _, n := range [...]int{32, 64, 128} {
		for range n {
			body()
		}
		collect()
	}
}

// collect collects garbage twice, as what a sync.Pool keeps survives the first
// time.
func collect() {
	runtime.GC()
	runtime.GC()
}

// sink has what is put there escape to the heap.
var sink *object

// small makes some small objects, in about 1 µs, and drops them.
func small() {
	for range 24 {
		sink = &object{next: sink}
	}
	sink = nil
}

type order struct {
	ID    int64             `json:"id"`
	Name  string            `json:"name"`
	Tags  map[string]string `json:"tags"`
	Items []item            `json:"items"`
}

type item struct {
	Name   string  `json:"name"`
	Amount int     `json:"amount"`
	Price  float64 `json:"price"`
}

var anOrder = order{
	ID: 1, Name: "an order", Tags: map[string]string{"region": "north", "kind": "express"},
	Items: make([]item, 80),
}

// roundTrip writes and reads a struct as JSON, in about 50 µs.
func roundTrip() {
	text, err := json.Marshal(&anOrder)
	if err != nil {
		panic(err)
	}
	var o order
	if err := json.Unmarshal(text, &o); err != nil {
		panic(err)
	}
}

var page [1 << 21]byte

// hash computes, in about 1 ms, and allocates nothing.
func hash() { sha256.Sum256(page[:]) }

// TestObjectCheckers shows that what is measured does check: each finds an object
// that is kept, and nothing when none is.
func TestObjectCheckers(t *testing.T) {
	// Without time to settle what sync.Pool keeps for encoding/json would count.
	for _, c := range objectCheckers(memassert.Settle(100 * time.Millisecond)) {
		t.Run(c.by, func(t *testing.T) {
			for _, body := range []func(){empty, small, roundTrip, hash} {
				if report := c.do(body); report != "" {
					t.Error(wrongly(report))
				}
			}
			defer func() { sink = nil }()
			report := c.do(func() { sink = &object{next: sink} })
			if !strings.Contains(report, "bench.object") {
				t.Errorf("it does not see an object that is kept: %q", report)
			}
		})
	}
}

// TestRounds holds that NoGrowth and its floor run a clean body equally often.
func TestRounds(t *testing.T) {
	var floor, by int
	for range 5 { // what goes on in the background may cost a round
		floor, by = 0, 0
		inRounds(func() { floor++ })
		if !memassert.NoGrowth(t, func() { by++ }) || by == floor {
			return
		}
	}
	t.Errorf("NoGrowth runs a clean body %d times, its floor %d times", by, floor)
}
