// Package memassert fails tests that leave objects in the heap. There are three questions,
// and a helper for each:
//
//   - Does the heap grow with every call? [NoGrowth] runs a body again and again.
//   - What stays after one run? [Check] and [NoLeak] list it.
//   - Is this object garbage? [Collected] asserts it.
//
// Use NoGrowth where you can. It does not report what a program keeps once: caches that fill
// up, pools, objects made on first use. Use Check for code that can run only once.
//
// # Reports
//
// A finding is a place that allocates, with the number and size of its objects:
//
//	heap       +64 objects  +256.0 KiB  []uint8
//	    grows        1.00 objects and 4.0 KiB an iteration  over 64 iterations
//	    suspect      server.buffers  map[string][]uint8
//	    retains      4.1 MiB
//	    held by      server.buffers["a41"] → []uint8
//	    allocated    ctxcache.begin  examples/ctxcache/ctxcache.go:31
//	                 c.Buffer = make([]byte, 0, 4<<10)
//	    called from  ctxcache.(*Leaking).ServeHTTP  examples/ctxcache/leaking.go:17
//
// The type is read from the code that allocates, on amd64 and arm64.
//
// # What holds it
//
// A failing check says what holds the objects, on Linux with amd64 or arm64. A forked copy of the
// process writes a heap dump, which can't disturb the process. In the dump the check looks for the
// shortest way from a package variable to an object, else from a local variable of a goroutine, else
// from a finalizer, a pending timer or the runtime. It writes the way as Go would: ["a41"] is an
// entry of a map, […] an element whose index or key is not short. A function literal is written with
// the variable that it captures.
//
// If one container holds most of what has leaked, it is the suspect, and everything in it is one
// finding: a line for each place that allocates, the largest first. What it retains is its retained
// size: the size of all objects that would be garbage without it, whether they have leaked or not.
// The size is not known in a heap of more than 4 million objects. [IgnoreHeldBy] leaves out what a
// variable, type or field holds.
//
// go test links without symbols. For names and types the check then builds the package a second
// time, with go test -c, and believes the result only if its layout is that of the running test.
// That happens at most once in a process and takes as long as linking the test. LEAKTEST=symbols=FILE
// takes the names from a test binary that go test -c has made, and LEAKTEST=symbols=off shows ways
// without names. A dump of a million small objects takes about a second.
//
// Not seen are pointers in memory of C and in a uintptr. No dump is taken if little memory is left, or
// if the heap has more than 4 GiB. The report says why there is none.
//
// # Who stores into it
//
// With LEAKTEST=stored, a failing check also names the lines that store into the holder, the most
// frequent first, and how many of the stores each has made:
//
//	stored by    server.(*Server).ServeHTTP  server/handler.go:41  (253 of 256)
//	             server.(*Server).replay  server/replay.go:17  (3 of 256)
//
// The check runs the test a second time, alone, in a child process. The child is built from copies of
// the source of the main module that record stores. Your files do not change, and what the child
// prints is not shown. A test that passes pays nothing. A failing check takes as long as building and
// running the test once more: at most a minute each to rewrite, to build and to run.
//
// The check records these stores in the source of the main module:
//
//   - m[k] = v, m[k] += v and the like for maps, also through other variables and parameters;
//   - calls of the methods of sync.Map and of the types of sync/atomic that store;
//   - c <- v for channels;
//   - assignments to the variable or field of a slice, for example of append, and to its elements;
//   - assignments to a variable or field, and &T{…} that sets a field. For a linked list these are
//     its head and the fields that link its nodes.
//
// It counts only stores into the holder itself, not into others of its type. It tells local variables
// and the nodes of lists by their declaration only, so it counts all of them.
//
// It does not record stores in other modules and in the standard library, such as those of
// container/list and maps.Copy; stores by reflect, by unsafe, in C and by copy; a struct that is
// assigned as a whole; T{…} without &; calls through a method value; and &T{…} whose layout depends on
// type parameters, except for the nodes of lists.
//
// If the second run shows nothing, the report says "stored by    not known" and why. Examples are: no
// go command, no source, source that has changed, a test that passes when it runs alone, and too
// little time before the timeout of the test. The check must be able to say what holds the objects.
// go test must be able to select the test by its name, and its subtests must keep their names. A leak
// that leaktest.Main reports for no single test has no such line.
//
// # Limits
//
// The heap belongs to the process. Helpers leave out objects of other tests, of goroutines
// older than the test, of the runtime and of the standard library, if they can identify them.
// Objects without pointers that are smaller than 16 bytes share blocks. Only the first
// allocation in a block is known; the report marks such findings as "shared".
package memassert

import (
	"time"

	"github.com/leakassert/leakassert/internal/heapprobe"
	"github.com/leakassert/leakassert/internal/session"
)

// name is how messages begin.
const name = "memassert"

// TB is the part of [testing.TB] that the helpers use. *testing.T, *testing.B, *testing.F,
// the T of a testify suite and GinkgoT() satisfy it.
type TB interface {
	Helper()
	Name() string
	Errorf(format string, args ...any)
	Logf(format string, args ...any)
	Failed() bool
	Cleanup(func())
}

// An Option sets what is reported, or how to look. leaktest.Heap takes the same options.
type Option = heapprobe.Option

// Check records every allocation from now on and judges when the test has returned and the
// cleanups registered after the call have run. If objects that were allocated are still live, it
// fails the test. An object is live if it is reachable after garbage collections, finalizers and
// cleanups. The report lists objects by the place that has allocated them.
//
// Use [NoGrowth] for everything that can run more than once. Check also finds what a program
// keeps on purpose, such as an entry in a cache or a connection in a pool.
//
// Check leaves out what the runtime, the testing package and this library allocate, and
// what the standard library makes on first use: by a sync.Once, or in its caches of types.
// That list is never complete. It does not cover what the code under test makes on first use.
// The report marks objects made by a sync.Once as "first use": make them before the check.
// [IgnoreFunc], [IgnoreType], [MaxObjects] and [MaxBytes] leave out more.
//
// Objects without pointers that are smaller than 16 bytes share blocks with others. If nothing
// else is left, Check does not judge up to eight such blocks. The context of the test,
// t.Context(), keeps what is attached to it live until after the check.
//
// Recording makes an allocation take a few microseconds instead of a tenth of one. A check
// adds at least two garbage collections. The heap belongs to the process. If tests overlap, the
// last one to end reports what is left, and names the tests that the stacks show, otherwise
// all. Only the innermost 32 calls of a stack are recorded.
func Check(t TB, opts ...Option) {
	if session.Missing(t, name+": Check") {
		return
	}
	t.Helper()
	session.Check(t, name, heapprobe.Plan(heapprobe.Once, opts))
}

// NoLeak runs body and fails the test if something that body has allocated is still live,
// as [Check] does for the rest of a test. It returns whether nothing is left.
func NoLeak(t TB, body func(), opts ...Option) bool {
	if session.Missing(t, name+": NoLeak") {
		return false
	}
	t.Helper()
	return session.NoLeak(t, name, body, heapprobe.Plan(heapprobe.Once, opts))
}

// MaxObjects allows n objects to be left: altogether, or per iteration of [NoGrowth]. If
// [MaxBytes] is not given, their size is not limited.
func MaxObjects(n int64) Option { return heapprobe.MaxObjects(n) }

// MaxBytes allows n bytes to be left: altogether, or per iteration of [NoGrowth]. If
// [MaxObjects] is not given, the number of objects is not limited.
func MaxBytes(n int64) Option { return heapprobe.MaxBytes(n) }

// IgnoreFunc leaves out what the named function, or a function that it calls, has allocated.
// Write the name with the path of its package, "example.org/pkg.(*Type).Method", or as a report
// prints it, "pkg.(*Type).Method". Type arguments may be left out. A name that ends in "..."
// stands for every name with that beginning: "example.org/pkg...".
func IgnoreFunc(name string) Option { return heapprobe.IgnoreFunc(name) }

// IgnoreType leaves out objects of a type, written as %T prints it: "cache.Entry",
// "[]uint8", "map[string]int". The star of a pointer may be left out. The type is read from
// the code that allocates. In generic code, and on processors other than amd64 and arm64,
// the type is not known, and IgnoreType leaves nothing out.
func IgnoreType(name string) Option { return heapprobe.IgnoreType(name) }

// IgnoreHeldBy leaves out what named variables, types or fields hold, if a heap dump shows it: see
// the package documentation. Write a name as a report prints it or with the path of its package:
// "server.sessions" for a package variable, "server.Cache" for a type, "server.Cache.entries" for a
// field. It applies to findings of which the named holds nearly every object: all but two, or all but
// a twentieth. A check that has none pays nothing for it; one that has waits, dumps the heap and builds
// the test a second time. Where that is not possible, IgnoreHeldBy leaves nothing out.
func IgnoreHeldBy(holders ...string) Option { return heapprobe.IgnoreHeldBy(holders...) }

// Iterations sets how often [NoGrowth] runs a clean body after the warm-up; by default 192
// times, if the [Budget] allows. A body that seems to grow runs at least 21 times as often.
func Iterations(n int) Option { return heapprobe.Iterations(n) }

// Warmup sets how often [NoGrowth] runs the body before it counts; by default 32 times, but
// for at most an eighth of the [Budget].
func Warmup(n int) Option { return heapprobe.Warmup(n) }

// Budget sets how long [NoGrowth] may run a clean body; by default 2s. A body that seems to
// grow may run three times as long. A slow body is judged by the iterations that fit into
// the budget.
func Budget(d time.Duration) Option { return heapprobe.Budget(d) }

// Settle sets how long a check waits for leaks to go away; by default 2s. With 0 the
// check looks once. A clean check does not wait.
func Settle(d time.Duration) Option { return heapprobe.Settle(d) }
