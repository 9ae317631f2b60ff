package goprobe_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/leakassert/leakassert/internal/goprobe"
	"github.com/leakassert/leakassert/internal/probe"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A dump has goroutines of the program, of its runtime, and the one that answers.
const (
	reader = "goroutine 5 [running]:\nexample.org/x.stacks()\n\t/x/child.go:1 +0x1\ncreated by github.com/leakassert/leakassert/leaktest/child.init.0 in goroutine 1\n\t/x/child.go:2 +0x1\n\n"
	main1  = "goroutine 1 [chan receive]:\nmain.main()\n\t/x/main.go:3 +0x1\n\n"
	idle   = "goroutine 0 gp=0x1 m=0 mp=0x2 [idle]:\ninternal/runtime/syscall/linux.EpollWait()\n\t/usr/local/go/src/internal/runtime/syscall/linux/syscall_linux.go:32 +0x1\n\n"
	worker = "goroutine 7 [IO wait]:\nnet/http.(*Server).Serve(0x1)\n\t$ROOT/net/http/server.go:1 +0x1\nmain.(*store).watch(0x1)\n\t/x/store.go:9 +0x1\ncreated by main.main in goroutine 1\n\t/x/main.go:2 +0x1\n\n"
	odd    = "goroutine 8 odd\nmain.f()\n\t/x/main.go:8\n\n"
)

func TestProgram(t *testing.T) {
	for _, root := range []string{"/usr/lib/go-1.30/src", "/root/sdk/go1.27.4/src", ""} { // another Go, -trimpath
		text := reader + main1
		p := &goprobe.Program{Stacks: func() ([]byte, error) { return []byte(text), nil }}
		w, err := p.Start(probe.Scope{Outside: true})
		require.NoError(t, err)
		leaks, err := w.Grown()
		require.NoError(t, err)
		assert.Empty(t, leaks)

		text += idle + strings.ReplaceAll(strings.ReplaceAll(worker, "$ROOT/", root+"/"), "\t/net", "\tnet") + odd
		leaks, err = w.Grown()
		require.NoError(t, err)
		require.Len(t, leaks, 2)
		assert.Equal(t, []string{"IO wait", "main.(*store).watch", "/x/store.go:9"}, leaks[0].Columns, root)
		assert.Equal(t, "not readable", leaks[1].Columns[0])
		assert.True(t, leaks[0].Owned && leaks[1].Owned)
	}
}

func TestProgramThatDoesNotAnswer(t *testing.T) {
	failure := errors.New("pipe closed")
	text, err := reader+main1, error(nil)
	p := &goprobe.Program{Stacks: func() ([]byte, error) { return []byte(text), err }}
	w, startErr := p.Start(probe.Scope{Outside: true})
	require.NoError(t, startErr)
	err = failure
	_, grownErr := w.Grown()
	assert.ErrorIs(t, grownErr, failure)
	_, startErr = p.Start(probe.Scope{Outside: true})
	assert.ErrorIs(t, startErr, failure)
	text, err = "", nil
	_, startErr = p.Start(probe.Scope{Outside: true})
	assert.EqualError(t, startErr, "the program has sent no stacks")
}

func TestDescribe(t *testing.T) {
	leaks := goprobe.Describe([]byte("SIGQUIT: quit\nPC=0x1\n\n"+idle+main1+strings.Replace(main1, "goroutine 1 ", "goroutine 2 ", 1)+"rax 0x1\n"), probe.Scope{})
	require.Len(t, leaks, 1)
	assert.Equal(t, int64(2), leaks[0].Count)
	assert.Equal(t, []string{"chan receive", "main.main", "/x/main.go:3"}, leaks[0].Columns)
}
