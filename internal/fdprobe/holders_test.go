package fdprobe

import (
	"os"
	"reflect"
	"runtime"
	"testing"

	"github.com/leakassert/leakassert/internal/probe"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The call that opened is the innermost outside of the standard library and of this one,
// and who called it the innermost of the module under test.
func TestCalls(t *testing.T) {
	at := func(f any) string {
		file, _ := runtime.FuncForPC(reflect.ValueOf(f).Pointer()).FileLine(reflect.ValueOf(f).Pointer())
		return file
	}
	std := probe.Frame{Func: "os.NewFile", File: at(os.NewFile), Line: 1}
	serve := probe.Frame{Func: "net/http.(*Server).Serve", File: at(os.Getpid), Line: 2}
	goexit := probe.Frame{Func: "runtime.goexit", File: at(runtime.GC), Line: 3}
	library := probe.Frame{Func: "example.org/watch.New", File: at(require.True), Line: 4}
	inner := probe.Frame{Func: "example.org/watch.open", File: at(require.True), Line: 5}
	helper := probe.Frame{Func: "example.org/m.open", File: at(TestCalls), Line: 6}
	test := probe.Frame{Func: "example.org/m.TestX", File: at(TestCalls), Line: 7}
	ours := probe.Frame{Func: "github.com/leakassert/leakassert/internal/poolprobe.dial", File: at(Plan), Line: 8}
	none := probe.Frame{}
	for _, c := range []struct {
		why          string
		stack        []probe.Frame
		opened, from probe.Frame
	}{
		{"by the test", []probe.Frame{std, test, goexit}, test, none},
		{"by a helper of the module", []probe.Frame{std, helper, test}, helper, none},
		{"by a library", []probe.Frame{std, inner, library, helper, test}, inner, helper},
		{"by a goroutine of a library", []probe.Frame{std, library, goexit}, library, none},
		{"by a server of the standard library", []probe.Frame{std, serve, goexit}, serve, none},
		{"through a wrapper of ours", []probe.Frame{std, ours, library, test}, library, test},
	} {
		opened, from := calls(c.stack)
		assert.Equal(t, c.opened, opened, c.why)
		assert.Equal(t, c.from, from, c.why)
	}
}

// A Go whose types are others than these has no openers.
func TestHolders(t *testing.T) {
	for _, h := range holderTypes {
		require.NotNil(t, h.typ, h.by)
		_, ok := h.holds(make([]uintptr, h.typ.Size()))
		assert.Equal(t, !h.held, ok, h.by)
	}
}
