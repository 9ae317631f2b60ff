package program

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func lastLines(text string) []string {
	p := &Program{stderr: &tail{most: mostTail}}
	for line := range strings.Lines(text) {
		_, _ = p.stderr.Write([]byte(line))
	}
	return p.LastLines()
}

func TestLastLines(t *testing.T) {
	var many []string
	for i := range 30 {
		many = append(many, fmt.Sprint("line ", i))
	}
	assert.Empty(t, lastLines(""))
	assert.Equal(t, []string{"one"}, lastLines("one\n"))
	assert.Equal(t, []string{"one", "", "two"}, lastLines("one\n\ntwo"))
	assert.Equal(t, many[10:], lastLines(strings.Join(many, "\n")))
	assert.Equal(t, append([]string{"panic: b"}, many[:19]...), lastLines("panic: a\npanic: b\n"+strings.Join(many, "\n")), "the beginning of a panic is its most telling part")
	assert.Equal(t, []string{"SIGABRT: abort", "PC=0x1"}, lastLines("started\nSIGABRT: abort\nPC=0x1\n"))
	assert.Empty(t, (&Program{}).LastLines(), "a file gets what the program writes")
}

// The memory of a talkative program is bounded, and its end is there.
func TestTailIsBounded(t *testing.T) {
	var to strings.Builder
	tail := &tail{to: &to, most: 100}
	for i := range 1000 {
		n, err := fmt.Fprintf(tail, "%05d\n", i)
		assert.Equal(t, 6, n)
		assert.NoError(t, err)
	}
	assert.Equal(t, 6000, to.Len())
	assert.LessOrEqual(t, len(tail.text()), 150)
	assert.True(t, strings.HasSuffix(to.String(), string(tail.text())))

	_, err := tail.Write([]byte(strings.Repeat("x", 1000)))
	assert.NoError(t, err)
	assert.Equal(t, strings.Repeat("x", 100), string(tail.text()))
}

func TestSame(t *testing.T) {
	var a, b strings.Builder
	assert.True(t, same(&a, &a))
	assert.False(t, same(&a, &b))
	assert.False(t, same(nil, nil))
	assert.False(t, same(uncomparable{}, uncomparable{}))
}

type uncomparable struct{ _ func() }

func (uncomparable) Write([]byte) (int, error) { return 0, io.EOF }
