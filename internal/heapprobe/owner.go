package heapprobe

import (
	"slices"
	"strings"

	"github.com/leakassert/leakassert/internal/memprofile"
	"github.com/leakassert/leakassert/internal/probe"
	"github.com/leakassert/leakassert/internal/report"
)

// An owner is whose an allocation is, if it is not the test's.
type owner int

const (
	nobody    owner = iota // but the test
	ofRuntime              // kept by the runtime for its own use: dead goroutines, timers' lists
	ofTesting              // output, subtests, cleanups
	ofChecks               // this library's
	ofFirstUse
)

// kept are the functions of the runtime that allocate what it keeps for the next
// one who needs such a thing (golang/go#9869).
var kept = []string{
	"runtime.malg", "runtime.newproc1", "runtime.allocm", "runtime.newm", "runtime.acquireSudog", "runtime.newdefer",
	"runtime.(*timers).addHeap", "runtime.startTheWorldWithSema", "time.Sleep",
	// Caches of type assertions and switches, one for each in the code, made at one
	// in about a thousand misses; and the state of random numbers.
	"runtime.typeAssert", "runtime.interfaceSwitch", "runtime.vgetrandomGetState",
}

func ownerOf(stack []probe.Frame) owner {
	switch {
	case len(stack) == 0:
		return nobody // stacks are not recorded
	case byLibrary(stack):
		return ofChecks
	}
	first := false
	inside := true // still in the runtime, which allocates on behalf of a caller
	for _, f := range stack {
		if inside && slices.Contains(kept, f.Func) {
			return ofRuntime
		}
		if memprofile.OfRuntime(f.Func) {
			continue
		}
		inside = false
		pkg := report.Package(f.Func)
		if pkg == "testing" || strings.HasPrefix(pkg, "testing/internal/") || pkg == module+"internal/faketb" {
			return ofTesting
		}
		first = first || slices.Contains(firstUses, f.Func)
		if !report.Std(f) {
			break
		}
	}
	switch {
	case inside:
		return ofRuntime
	case first:
		return ofFirstUse
	}
	return nobody
}

const module = "github.com/leakassert/leakassert/"

// library are the packages that make the checks.
var library = []string{
	"leaktest", "memassert", "fdassert", "poolassert", "internal/alloctype", "internal/check", "internal/fdprobe", "internal/goroutine", "internal/heapobject",
	"internal/heapprobe", "internal/memprofile", "internal/poolprobe", "internal/probe", "internal/procfd", "internal/report",
}

func ofLibrary(function string) bool {
	name, ok := strings.CutPrefix(report.Package(function), module)
	return ok && slices.Contains(library, name)
}

// byLibrary reports whether a stack is of this library's own work: whether no
// body was called by its innermost call.
func byLibrary(stack []probe.Frame) bool {
	const call = module + "internal/check.Call"
	for i, f := range stack {
		if ofLibrary(f.Func) {
			wrapped := i+1 < len(stack) && stack[i+1].Func == call // a body with an argument
			return f.Func != call && !wrapped
		}
	}
	return false
}

// firstUses are functions that make what there is once for the whole process, or
// once for each type, and is kept: by a sync.Once, or by what the standard library
// knows of types and settings.
var firstUses = []string{
	"sync.(*Once).doSlow", "sync.(*Pool).pinSlow", "internal/sync.(*HashTrieMap[...]).initSlow", "internal/godebug.lookup",
	"reflect.(*rtype).ptrTo", "reflect.SliceOf", "reflect.MapOf", "reflect.FuncOf", "reflect.StructOf", "reflect.ChanOf", "reflect.ArrayOf",
	"reflect.addReflectOff", "reflect.funcLayout",
	"encoding/json.cachedTypeFields", "encoding/json.typeEncoder", "encoding/json/v2.lookupArshaler", "encoding/xml.getTypeInfo", "encoding/binary.dataSize",
	"encoding/gob.buildTypeInfo", "encoding/gob.getBaseType", "encoding/gob.getEncEngine", "encoding/gob.validUserType", "encoding/gob.getTypeInfo",
	"encoding/gob.(*Decoder).getDecoderEnginePtr",
	"unique.newCanonMap[...]", "math/big.divisors", "runtime/metrics.Read", "runtime/pprof.lockProfiles", "runtime/pprof.StartCPUProfile",
	"net.(*ipv6ZoneCache).update", "net.readHosts", "net/http.(*wantConnQueue).pushBack", "syscall.Setenv", "syscall.copyenv", "os/signal.enableSignal",
}
