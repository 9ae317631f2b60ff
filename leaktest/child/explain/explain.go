// Package explain lets a program that leaktest.Command runs also say what its leaked goroutines wait on
// and what holds that, and with LEAKTEST=trace who opened its descriptors. Import it for its effect in the
// program, in place of package child, which it imports:
//
//	import _ "github.com/leakassert/leakassert/leaktest/child/explain"
//
// It does nothing unless the program was started by leaktest.Command. Then it answers a test that has found
// leaks: it looks at the heap in a forked copy of the program, as a failing check does in a test (Linux, amd64
// and arm64). With LEAKTEST=trace the program records the stack of every allocation from its start on, which
// makes it slower. Names of variables need a program that was not built with -ldflags=-s.
//
// Unlike package child, it adds some 4 MB to the program. Import it in a build for tests: a file of
// the main package with a build tag, for example.
package explain

import (
	"encoding/json"
	"runtime"

	"github.com/leakassert/leakassert/internal/childpipe"
	"github.com/leakassert/leakassert/internal/fdprobe"
	"github.com/leakassert/leakassert/internal/goprobe"
	"github.com/leakassert/leakassert/internal/probe"
	_ "github.com/leakassert/leakassert/leaktest/child"
)

func init() {
	if !childpipe.Asked {
		return
	}
	var openers *fdprobe.Answerer // nil without trace, when nothing is known about them
	if childpipe.Traced {
		openers = fdprobe.NewAnswerer()
	}
	answer := func(question []byte) []byte {
		var q probe.Question
		if json.Unmarshal(question, &q) != nil {
			return nil
		}
		var a probe.Answer
		switch {
		case q.Kind == goprobe.Kind && openers != nil:
			openers.Pause(func() { a = goprobe.Answer(stacks(), q) })
		case q.Kind == goprobe.Kind:
			a = goprobe.Answer(stacks(), q)
		case q.Kind == fdprobe.Kind && openers != nil:
			a = openers.Answer(q)
		case q.Kind == fdprobe.Kind:
			a.Of = map[string]probe.Known{} // a trace would show them
		}
		text, _ := json.Marshal(a)
		return text
	}
	childpipe.Explain.Store(&answer)
}

// stacks returns the stacks of all goroutines.
func stacks() []byte {
	for size := 64 << 10; ; size *= 2 {
		buffer := make([]byte, size)
		if n := runtime.Stack(buffer, true); n < size || size >= childpipe.MaxStacks {
			return buffer[:n]
		}
	}
}
