// Package memassert fails tests that leave objects in the heap: every time
// ([NoGrowth]), in one run ([Check], [NoLeak]), or one object that should have
// gone ([Collected]).
package memassert

import (
	"time"

	"github.com/leakassert/leakassert/internal/check"
	"github.com/leakassert/leakassert/internal/heapprobe"
)

// name is how messages begin.
const name = "memassert"

// TB is the part of [testing.TB] that the helpers use.
type TB interface {
	Helper()
	Name() string
	Errorf(format string, args ...any)
	Logf(format string, args ...any)
	Failed() bool
	Cleanup(func())
}

// An Option narrows what is asserted, or says how, here and in leaktest.Heap.
type Option = heapprobe.Option

// Check has every allocation recorded from here on and, when the test and the
// cleanups that it registers after the call are done, fails the test if some of
// what was allocated is still live: reachable after garbage collections,
// finalizers and cleanups. The report lists it by the place that has allocated it.
//
// Use [NoGrowth] for everything that can run more than once. Check is exact: it
// also finds what a program keeps on purpose, such as an entry in a cache or a
// connection in a pool. What the runtime, the testing package and this library
// allocate is left out, and so is what a sync.Once of the standard library, its
// caches of types and the like make on first use; as such a list is never whole,
// call once before the check what the code under test sets up once. [IgnoreFunc],
// [IgnoreType], [MaxObjects] and [MaxBytes] leave out more. Up to eight objects of
// less than 16 bytes without pointers are not judged by themselves: they share
// blocks with others. What hangs on t.Context() is released after the check.
//
// An allocation takes some microseconds while it is recorded, in place of a tenth
// of one; a check adds two garbage collections or more. The heap belongs to the
// process: of tests that run at the same time the last one to end reports what is
// left, with the names of those that have allocated it as far as stacks tell,
// otherwise of all. A stack is known by its innermost 32 calls.
func Check(t TB, opts ...Option) {
	t.Helper()
	r, err := check.New(t, heapprobe.Plan(opts))
	if err != nil {
		t.Errorf("%v", err)
		return
	}
	verify, wrong := r.ToEnd(name)
	if wrong != "" {
		t.Errorf("%s", wrong)
	}
	if verify {
		t.Cleanup(func() {
			if text := r.Verify(); text != "" {
				t.Helper()
				t.Errorf("%s", text)
			}
		})
	}
}

// NoLeak runs body, as [Check] does the rest of a test, and fails the test if
// something that body has allocated is still live; it returns whether nothing is.
func NoLeak(t TB, body func(), opts ...Option) bool {
	t.Helper()
	clean, text := check.NoLeak(t, name, body, heapprobe.Plan(opts))
	if text != "" {
		t.Errorf("%s", text)
	}
	return clean
}

// NoGrowth runs body many times, at full speed, and fails the test when the heap
// grows with every iteration by an object or 64 bytes or more; it returns whether
// it does not. What body keeps once or until it is full, such as a cache, a pool
// or tables of types, is no growth, and neither is what goes by itself within the
// settle time, what grows as well while body does not run, or what the testing
// package keeps: output, and subtests. What fills up only after more iterations than
// a growing body is run needs a [Warmup] of its size.
//
// After a warm-up of 32 iterations, body is clean if the heap does not grow in one
// round of 64 iterations and one of 128: a body of 1 ms takes some 0.3 s. One that
// seems to grow runs in ever longer rounds, 4 032 iterations or more in all, or
// until it has kept 256 MiB, and fails if the heap has grown in each of the last
// three or more; then some iterations are repeated with every allocation recorded,
// and the report lists what stays by the place that has allocated it. Of a body so
// slow that two rounds do not fit into the [Budget] of 2 s fewer iterations are
// run, and the log says what they would not have shown.
//
// Growth of less than half an object and 32 bytes an iteration is not seen, and
// neither is an object that takes the place of another: see [Collected].
//
// The method is that of repeated snapshots, in which only what grows every time is
// a leak: see Vilk and Berger, BLeak (PLDI 2018), and LeakCanary's heap growth
// detector.
func NoGrowth(t TB, body func(), opts ...Option) bool {
	t.Helper()
	clean, text := heapprobe.NoGrowth(t, body, opts)
	if text != "" {
		t.Errorf("%s", text)
	}
	return clean
}

// MaxObjects allows n objects to be left, in all or, for [NoGrowth], an iteration.
// If it is given and [MaxBytes] is not, any number of bytes is allowed.
func MaxObjects(n int64) Option { return heapprobe.MaxObjects(n) }

// MaxBytes allows n bytes to be left, in all or, for [NoGrowth], an iteration. If
// it is given and [MaxObjects] is not, any number of objects is allowed.
func MaxBytes(n int64) Option { return heapprobe.MaxBytes(n) }

// IgnoreFunc leaves out what was allocated by the function or by what it has
// called. name is written as in a stack trace, "example.org/pkg.Func",
// "example.org/pkg.(*Type).Method" or "example.org/pkg.Func.func1"; one that ends in
// "..." stands for every name that begins so: "example.org/pkg...".
func IgnoreFunc(name string) Option { return heapprobe.IgnoreFunc(name) }

// IgnoreType leaves out objects of a type, written as %T prints it: "cache.Entry",
// "[]uint8", "map[string]int"; a pointer's star may be left out. The type is that of
// the call which allocates; on processors other than amd64 and arm64, and in
// generic code, it is not known, and nothing is left out.
func IgnoreType(name string) Option { return heapprobe.IgnoreType(name) }

// Iterations sets how often [NoGrowth] runs a body that is clean, after the
// warm-up; by default 192 times, if the [Budget] allows. One that seems to grow is
// run 21 times as often, or more.
func Iterations(n int) Option { return heapprobe.Iterations(n) }

// Warmup sets how often [NoGrowth] runs the body before it begins to count; by
// default 32 times, in an eighth of the [Budget] at the most.
func Warmup(n int) Option { return heapprobe.Warmup(n) }

// Budget sets how long [NoGrowth] may take to run a clean body; by default 2s. A
// body that seems to grow gets four times as long. It decides how many iterations
// a slow body is judged by.
func Budget(d time.Duration) Option { return heapprobe.Budget(d) }

// Settle sets how long a check that has found something waits for it to go before
// it fails; by default 2s. A clean check does not wait.
func Settle(d time.Duration) Option { return heapprobe.Settle(d) }

// Collected asserts that the object p points at is garbage when the test, and the
// cleanups that it registers after the call, are done: that nothing holds it any
// more, and the collector has freed it. It sees what no growth shows, such as a
// slot that keeps the last object that was in it. Called for many objects, those of
// one type and line are one finding: "350 of 400 *task still alive".
//
// Only a weak pointer is kept. What those can't tell of is refused, with an error
// at the call: objects without pointers that are smaller than 16 bytes, which share
// a block of memory, those of no size, variables of packages, and fields or
// elements of a larger object but for the first, which are freed with the whole. A variable that is
// still used after the test's function returns, by a cleanup for instance, keeps
// its object; so does one with a finalizer or cleanup that refers to it.
func Collected[T any](t TB, p *T, opts ...Option) {
	t.Helper()
	verify, wrong := heapprobe.Collected(t, p, opts)
	if wrong != "" {
		t.Errorf("%s", wrong)
	}
	if verify != nil {
		t.Cleanup(func() {
			if text := verify(); text != "" {
				t.Helper()
				t.Errorf("%s", text)
			}
		})
	}
}
