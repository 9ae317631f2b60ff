package childpipe_test

import (
	"testing"

	"github.com/leakassert/leakassert/internal/childpipe"
	"github.com/stretchr/testify/assert"
)

func TestGreeting(t *testing.T) {
	version, pid, ok := childpipe.ParseGreeting(childpipe.Greeting(4711))
	assert.Equal(t, childpipe.Version, version)
	assert.Equal(t, 4711, pid)
	assert.True(t, ok)
	for _, line := range []string{"", "\n", "hello\n", "leaktest/child\n", "leaktest/child 1\n", "leaktest/child 1 x\n"} {
		_, _, ok := childpipe.ParseGreeting(line)
		assert.False(t, ok, line)
	}
}

func TestHeader(t *testing.T) {
	n, ok := childpipe.ParseHeader(childpipe.Header(12))
	assert.Equal(t, 12, n)
	assert.True(t, ok)
	for _, line := range []string{"", "stacks\n", "stacks -1\n", "stacks 99999999999\n", "12\n"} {
		_, ok := childpipe.ParseHeader(line)
		assert.False(t, ok, line)
	}
}

func TestPipes(t *testing.T) {
	in, out := childpipe.Pipe{FD: 3, Inode: 18446744073709551615}, childpipe.Pipe{FD: 4}
	for _, trace := range []bool{false, true} {
		gotIn, gotOut, gotTrace, ok := childpipe.Pipes(childpipe.Value(in, out, trace))
		assert.Equal(t, in, gotIn)
		assert.Equal(t, out, gotOut)
		assert.Equal(t, trace, gotTrace)
		assert.True(t, ok)
	}
	for _, value := range []string{"", "3,4", "3:1", "3:1,3:2", "2:1,3:1", "3:1,4:-1", "a:1,b:2"} {
		_, _, _, ok := childpipe.Pipes(value)
		assert.False(t, ok, value)
	}
}
