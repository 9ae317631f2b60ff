package around

import (
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"testing"

	"github.com/leakassert/leakassert/internal/names"
	"github.com/stretchr/testify/assert"
)

//go:noinline
func call(f func(*int), n *int) {
	f(n)
	runtime.KeepAlive(f)
	runtime.KeepAlive(n)
}

func caller() string {
	pc, _, _, _ := runtime.Caller(2)
	name := runtime.FuncForPC(pc).Name()
	return name[strings.LastIndexByte(name, '/')+1:]
}

func TestFunc(t *testing.T) {
	var said []string
	var stack string
	say := func(what string) func(*int) {
		return func(n *int) {
			said = append(said, what+" called by "+caller())
			*n++
			stack = string(debug.Stack())
		}
	}
	n := 0
	call(Func(say("before"), say("body"), say("after")), &n)
	assert.Equal(t, 3, n)
	if frameless[int](nil, nil, nil) == nil {
		return // on this processor there is a frame
	}
	assert.Equal(t, []string{"before called by around.call", "body called by around.call", "after called by around.call"}, said)
	assert.NotContains(t, stack, "around.run")
	assert.NotContains(t, stack, "around.Func")
}

// The frame is one of a function that calls bodies: what they allocate is theirs.
func TestFrame(t *testing.T) {
	var pcs [8]uintptr
	wrapped := framed(func(*int) {}, func(*int) { runtime.Callers(2, pcs[:]) }, func(*int) {})
	call(wrapped, new(int))
	frame, _ := runtime.CallersFrames(pcs[:]).Next()
	assert.True(t, names.CallsBody(frame.Function), frame.Function)
}

func TestPanics(t *testing.T) {
	for name, body := range map[string]func(*int){
		"a panic": func(*int) { panic("body's") }, "Goexit": func(*int) { runtime.Goexit() },
	} {
		after := false
		done := make(chan any)
		go func() {
			defer func() { done <- recover() }()
			call(Func(func(*int) {}, body, func(*int) { after = true }), new(int))
		}()
		if r := <-done; name == "a panic" {
			assert.Equal(t, "body's", r)
		}
		assert.False(t, after, name)
	}
}

// grow makes the stack move.
func grow(n int) byte {
	var b [200]byte
	if n == 0 {
		runtime.GC()
		return b[0]
	}
	b[n%len(b)] = 1
	return grow(n-1) + b[0]
}

func TestStacksThatGrow(t *testing.T) {
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			n := 0
			step := func(deep int) func(*int) { return func(n *int) { grow(deep * i); *n++ } }
			call(Func(step(10), step(50), step(100)), &n)
			assert.Equal(t, 3, n)
		})
	}
	all.Wait()
}
