package retain

import (
	"runtime"
	"strings"

	"github.com/leakassert/leakassert/internal/goroutine"
)

// Stack returns a stack of the runtime's memory profile as a heap dump has it: by the functions
// that the linker knows, without those that were inlined.
func Stack(pcs []uintptr) string {
	var b strings.Builder
	for i, pc := range pcs {
		f := runtime.FuncForPC(pc)
		if f == nil {
			continue // of no function
		}
		real := runtime.FuncForPC(f.Entry()) // f may be inlined in it
		if i > 0 && pc > f.Entry() {
			pc--
		}
		file, line := real.FileLine(pc)
		writeCall(&b, goroutine.Unescape(real.Name()), file, line)
	}
	return b.String()
}
