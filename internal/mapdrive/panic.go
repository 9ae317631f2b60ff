package mapdrive

import (
	"runtime"
	"strings"

	"github.com/leakassert/leakassert/internal/goroutine"
	"github.com/leakassert/leakassert/internal/report"
)

// mostCalls are shown of the calls that led to a panic.
const mostCalls = 12

// A panicking is a panic of the map under test.
type panicking struct {
	value any
	calls []string
}

// caught is the panic that is being recovered from, with the calls in the map that led
// to it.
func caught(value any) *panicking {
	p := &panicking{value: value}
	var pcs [64]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs[:])])
	for inside := false; len(p.calls) < mostCalls; {
		f, more := frames.Next()
		switch {
		case f.Function == "runtime.gopanic":
			inside = true
		case !inside || strings.HasPrefix(f.Function, "runtime."):
		case strings.Contains(f.Function, "/internal/mapdrive.") || strings.Contains(f.Function, "/leaktest/mapfuzz.(*target["):
			return p
		default:
			p.calls = append(p.calls, strings.Join(report.Call(goroutine.Frame{Func: f.Function, File: f.File, Line: f.Line}), "  "))
		}
		if !more {
			break
		}
	}
	return p
}
