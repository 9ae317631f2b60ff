//go:build amd64 || arm64

package bench

import (
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/leakassert/leakassert/internal/retain"
	"github.com/leakassert/leakassert/memassert"
	"golang.org/x/sys/unix"
)

const tenMillions = 10_000_000

var many = flag.Bool("tenmillion", false, "find out what holds leaked objects among ten million objects too, which takes 3 GiB and minutes")

// Dumped are live objects of 64 bytes, some of them leaked, in a heap that is dumped to find out
// what holds the leaked ones.
var Dumped = Crowd{Of: "dumped", Sizes: []int{10_000, 100_000, 1_000_000, tenMillions}, Gather: gatherDumped, Cases: dumpedCases}

func init() {
	Crowds = slices.Insert(Crowds, slices.IndexFunc(Crowds, func(c Crowd) bool { return c.Of == Parked.Of }), Dumped)
	tables[Dumped.Of] = []table{
		{"CPU time, in this process and the child, to find what holds 1000 leaked objects among so many live ones of 64 bytes; the floor is a bare dump in this process", "leaked", []string{
			"whole/floor-2GC", "whole/floor", "take/whole", "find/whole", "check/whole",
		}},
		{"The growth of its CPU time with the number of objects, and CPU time for each object in nanoseconds", "leaked", []string{
			"whole, n/least", "floor, n/least", "floor-2GC, ns each", "floor, ns each", "take, ns each", "find, ns each", "whole, ns each",
		}},
		{"The peak of its memory for each object in bytes, without what the process had before and without the dump, whose size is that of the floor", "leaked", []string{
			"floor, peak each", "take, peak each", "find, peak each", "whole, peak each",
		}},
		{"The same if all objects refer to the leaked ones and these to them; sites are as many groups as leaked objects", "tangled", []string{
			"find, n/least", "find, ns each", "find, peak each", "find-sites/find",
		}},
	}
}

func BenchmarkDumped(b *testing.B) { among(b, Dumped) }

// A record is an object of 64 bytes.
type record struct {
	next, other *record
	_           [6]uint64
}

const leakedRecords = 1000

// Package variables hold the objects, as in a program.
var (
	records  []*record
	sessions map[int]*record // the leaked ones
	dumpSize int64           // about the size of a dump
)

// gatherDumped makes n live objects of which some have leaked, and gets the symbols of this process,
// which are read once.
func gatherDumped(n int) (release func(), err error) {
	if n == tenMillions && !*many {
		return nil, fmt.Errorf("%d objects: not measured without -tenmillion", n)
	}
	records = make([]*record, n-leakedRecords)
	for i := range records {
		records[i] = &record{next: records[i/2]}
	}
	link()
	sessions = make(map[int]*record)
	leakRecords()
	dumpSize = bareDump()
	release = func() {
		records, sessions = nil, nil
		runtime.GC()
	}
	if found := whatHolds(); found.All[0].Objects != leakedRecords || found.Paths[0].Text == "" {
		release()
		return nil, fmt.Errorf("of %d leaked objects the dump has %d, one of them held by %q", leakedRecords, found.All[0].Objects, found.Paths[0].Text)
	}
	return release, nil
}

// link has each object refer to another one anywhere.
func link() {
	r := rand.New(rand.NewPCG(1, 2))
	for _, rec := range records {
		rec.other = records[r.IntN(len(records))]
	}
}

// leakRecords makes the leaked objects while every allocation is recorded.
func leakRecords() {
	defer func(rate int) { runtime.MemProfileRate = rate }(runtime.MemProfileRate)
	runtime.MemProfileRate = 1
	for i := range leakedRecords {
		sessions[i] = leakRecord(records[i])
	}
}

// leakRecord is the allocation site of the leaked objects.
//
//go:noinline
func leakRecord(next *record) *record { return &record{next: next} }

func dumpedCases() []Case {
	cases := []Case{
		{By: "floor-2GC", Bench: costs(collect, 0)},
		{By: "floor", Bench: costsOfDump},
		{By: "take", Bench: costs(func() { takeView().Close() }, dumpSize)},
		{By: "find", Bench: costsOfFind(leakedOf)},
		{By: "whole", Bench: costs(func() { whatHolds() }, dumpSize)},
		{By: "check", Bench: costs(failingCheck, dumpSize)},
	}
	for i := range cases {
		cases[i].Body = "leaked"
	}
	return append(cases,
		Case{Body: "tangled", By: "find", Bench: tangled(costsOfFind(leakedOf))},
		Case{Body: "tangled", By: "find-sites", Bench: tangled(costsOfFind(eachLeakedOf))},
	)
}

// tangled measures while each object refers to a leaked one.
func tangled(bench func(*testing.B) string) func(*testing.B) string {
	return func(b *testing.B) string {
		for i, rec := range records {
			rec.other = sessions[i%leakedRecords]
		}
		defer link()
		return bench(b)
	}
}

// whatHolds does what a failing check does with the objects that it reports.
func whatHolds() retain.Found {
	v := takeView()
	defer v.Close()
	return v.Find(leakedOf(v))
}

func takeView() *retain.View {
	v, err := retain.Take("")
	if err == nil && v.Note != "" {
		err = errors.New(v.Note)
	}
	if err != nil {
		panic(err)
	}
	return v
}

func leakedOf(v *retain.View) [][]int {
	return v.AllocatedBy(1, func(stack string) (int, bool) { return 0, strings.Contains(stack, "bench.leakRecord ") })
}

// failingCheck is a whole check of a body that leaks as many objects, from begin to verdict.
func failingCheck() {
	t := new(tb)
	memassert.NoLeak(t, func() {
		for i := range leakedRecords {
			more[i] = &record{}
		}
	})
	t.end()
	clear(more[:])
	if !strings.Contains(t.report, "bench.more") {
		panic("the report does not tell what holds the objects: " + t.report)
	}
}

var more [leakedRecords]*record

// eachLeakedOf has a group for each leaked object.
func eachLeakedOf(v *retain.View) (groups [][]int) {
	for _, object := range leakedOf(v)[0] {
		groups = append(groups, []int{object})
	}
	return groups
}

// costsOfFind measures the search in a dump that has been taken, for groups of its objects.
func costsOfFind(groupsOf func(*retain.View) [][]int) func(*testing.B) string {
	return func(b *testing.B) string {
		v := takeView()
		defer v.Close()
		groups := groupsOf(v)
		return costs(func() { v.Find(groups) }, 0)(b)
	}
}

// costsOfDump measures a dump that this process writes itself, and maps.
func costsOfDump(b *testing.B) string { return costs(func() { bareDump() }, 0)(b) }

func bareDump() (size int64) {
	memory, err := unix.MemfdCreate("bare dump", unix.MFD_CLOEXEC)
	if err != nil {
		panic(err)
	}
	defer unix.Close(memory)
	debug.WriteHeapDump(uintptr(memory))
	var st unix.Stat_t
	if err := unix.Fstat(memory, &st); err != nil {
		panic(err)
	}
	return st.Size
}

// costs measures the CPU time of f in this process and its children, in place of the time that
// passes, and how far the resident memory rises above what it was, without a dump that f maps.
func costs(f func(), dump int64) func(*testing.B) string {
	return func(b *testing.B) string {
		var spent time.Duration
		var peak int64
		for b.Loop() {
			debug.FreeOSMemory()
			if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0); err != nil { // VmHWM is VmRSS now
				return err.Error()
			}
			memory, cpu := status("VmRSS"), cpuTime()
			f()
			spent += cpuTime() - cpu
			peak = max(peak, status("VmHWM")-memory-dump)
		}
		b.ReportMetric(float64(spent.Nanoseconds())/float64(b.N), "ns/op")
		b.ReportMetric(float64(peak), "peak-B")
		return ""
	}
}

// cpuTime is what this process has used, and the children that it has waited for.
func cpuTime() (total time.Duration) {
	for _, who := range []int{unix.RUSAGE_SELF, unix.RUSAGE_CHILDREN} {
		var u unix.Rusage
		if err := unix.Getrusage(who, &u); err != nil {
			panic(err)
		}
		total += time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	return total
}

// status is a size of /proc/self/status in bytes.
func status(name string) (size int64) {
	content, err := os.ReadFile("/proc/self/status")
	if err != nil {
		panic(err)
	}
	_, rest, _ := strings.Cut(string(content), name+":")
	if _, err := fmt.Sscan(rest, &size); err != nil {
		panic(err)
	}
	return size << 10
}
