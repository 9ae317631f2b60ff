package retain

import (
	"reflect"
	"strings"

	"github.com/leakassert/leakassert/internal/gotype"
	"github.com/leakassert/leakassert/internal/heapdump"
	"github.com/leakassert/leakassert/internal/names"
)

// A rank says how much a root tells a reader. Of several roots that hold an object, the one of the
// lowest rank is shown.
type rank int

const (
	ofVariable   rank = iota // a package variable of the program
	ofGoroutine              // a local variable of the program
	ofStdlib                 // a variable of the standard library
	ofIdle                   // a call of the standard library
	ofFinalizer              // a finalizer that is set
	ofTimer                  // what the runtime keeps for the program, such as pending timers
	unknownOwner             // memory whose variable is not known
	ofChecks                 // calls and variables of testing and of this library
	amongChecks              // a word of these calls' variables whose address is taken: in use, or left by an earlier call
	inChecks                 // a word on the stack of these calls: what they run is there
	unnamed                  // a word on the stack of the program that may have no name
	ofRuntime                // everything else of the runtime
	onStack                  // a word on a stack that may be a pointer in use, or may not
)

func rankOfVariable(full string) rank {
	pkg := names.Package(full)
	switch {
	case names.OfLibrary(full) || isTesting(pkg):
		return ofChecks
	case full == "runtime.allp":
		return ofTimer
	case pkg == "runtime" || strings.HasPrefix(pkg, "internal/runtime/"):
		return ofRuntime
	case names.StdPackage(pkg):
		return ofStdlib
	}
	return ofVariable
}

// rankOfLocal returns the rank of a local variable of the program. One like t of a test holds what the
// checks have.
func rankOfLocal(t *gotype.Type) rank {
	if t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t != nil && (isTesting(t.Pkg()) || names.OfLibrary(t.Pkg()+".")) {
		return ofChecks
	}
	return ofGoroutine
}

func rankOfCall(gr *heapdump.Goroutine, f *heapdump.Frame) rank {
	pkg := names.Package(f.Func)
	switch {
	case gr.System:
		return ofRuntime
	case names.OfLibrary(f.Func) || isTesting(pkg):
		return ofChecks
	case names.StdPackage(pkg):
		return ofIdle
	}
	return ofGoroutine
}

// isTesting reports whether a package runs tests.
func isTesting(pkg string) bool {
	return pkg == "testing" || strings.HasPrefix(pkg, "testing/") || pkg == names.Module+"internal/faketb"
}
