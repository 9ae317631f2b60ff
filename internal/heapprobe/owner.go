package heapprobe

import (
	"slices"
	"strings"

	"github.com/leakassert/leakassert/internal/memprofile"
	"github.com/leakassert/leakassert/internal/names"
	"github.com/leakassert/leakassert/internal/probe"
)

// An owner says to whom an allocation belongs if not to the test.
type owner int

const (
	nobody    owner = iota // other than the test
	ofRuntime              // kept by the runtime for reuse: dead goroutines, lists of timers
	ofTesting              // output, subtests, cleanups
	ofChecks               // this library's own
	ofFirstUse
)

// kept lists the functions of the runtime that allocate what the runtime keeps for the next use
// (golang/go#9869).
var kept = []string{
	"runtime.malg", "runtime.newproc1", "runtime.allocm", "runtime.newm", "runtime.acquireSudog", "runtime.newdefer",
	"runtime.(*timers).addHeap", "runtime.startTheWorldWithSema", "time.Sleep",
	// Caches of type assertions and switches, one for each in the code, filled at about one in a
	// thousand misses; and the state of random numbers.
	"runtime.typeAssert", "runtime.interfaceSwitch", "runtime.vgetrandomGetState",
}

func ownerOf(stack []probe.Frame) owner {
	switch {
	case len(stack) == 0:
		return nobody // stacks are not recorded
	case byLibrary(stack):
		return ofChecks
	}
	first, called := false, ""
	inside := true // still in the runtime, which allocates for its caller
	for _, f := range stack {
		if inside && slices.Contains(kept, f.Func) {
			return ofRuntime
		}
		if memprofile.OfRuntime(f.Func) {
			continue
		}
		inside = false
		pkg := names.Package(f.Func)
		if pkg == "testing" || strings.HasPrefix(pkg, "testing/internal/") || pkg == names.Module+"internal/faketb" {
			return ofTesting
		}
		first = first || slices.Contains(firstUses, f.Func) && !strings.Contains(called, "unique.(*canonMap")
		called = f.Func
		if !names.Std(f) {
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

// byLibrary reports whether a stack belongs to this library's own work: its innermost call of the
// library did not call a body.
func byLibrary(stack []probe.Frame) bool {
	for _, f := range stack {
		if names.OfLibrary(f.Func) {
			return !names.CallsBody(f.Func)
		}
	}
	return false
}

// firstUses lists functions that allocate once for the process, or once for each type, and keep the
// result: a sync.Once, or the standard library's caches of types and settings.
var firstUses = []string{
	"sync.(*Once).doSlow", "sync.(*Pool).pinSlow", "internal/sync.(*HashTrieMap[...]).initSlow", "internal/godebug.lookup",
	"reflect.(*rtype).ptrTo", "reflect.SliceOf", "reflect.MapOf", "reflect.FuncOf", "reflect.StructOf", "reflect.ChanOf", "reflect.ArrayOf",
	"reflect.addReflectOff", "reflect.funcLayout",
	"encoding/json.cachedTypeFields", "encoding/json.typeEncoder", "encoding/json/v2.lookupArshaler", "encoding/xml.getTypeInfo", "encoding/binary.dataSize",
	"encoding/gob.buildTypeInfo", "encoding/gob.getBaseType", "encoding/gob.getEncEngine", "encoding/gob.validUserType", "encoding/gob.getTypeInfo",
	"encoding/gob.(*Decoder).getDecoderEnginePtr",
	"unique.newCanonMap[...]", "unique.Make[...]", "math/rand.globalRand", "os/signal.Notify", "os/signal.Stop", "syscall.(*mmapper).Mmap",
	"runtime/trace.(*traceMultiplexer).startLocked", "net/http.(*Transport).prepareTransportCancel", "net/http.(*Transport).queueForIdleConn",
	"math/big.divisors", "runtime/metrics.Read", "runtime/pprof.lockProfiles", "runtime/pprof.StartCPUProfile",
	"net.(*ipv6ZoneCache).update", "net.readHosts", "net/http.(*wantConnQueue).pushBack", "syscall.Setenv", "syscall.copyenv", "os/signal.enableSignal",
}
