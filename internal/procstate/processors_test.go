package procstate

import (
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
)

func exactly(n int) func(int) int { return func(int) int { return n } }

// Restore puts back what was changed, once; one at a time may change it.
func TestProcessors(t *testing.T) {
	before := runtime.GOMAXPROCS(0)
	var p, other Processors
	p.Set(exactly(before + 3))
	assert.Equal(t, before, runtime.GOMAXPROCS(0), "it has not taken them")

	p.Take()
	p.Set(exactly(before + 3))
	assert.Equal(t, before+3, runtime.GOMAXPROCS(0))
	other.Take()
	other.Set(exactly(before + 1))
	other.Restore()
	assert.Equal(t, before+3, runtime.GOMAXPROCS(0), "they are another one's")
	p.Reset()
	assert.Equal(t, before, runtime.GOMAXPROCS(0))
	p.Set(exactly(before + 3))
	p.Restore()
	assert.Equal(t, before, runtime.GOMAXPROCS(0))
	p.Restore()
	p.Set(exactly(before + 3))
	assert.Equal(t, before, runtime.GOMAXPROCS(0), "it has given them back")

	other.Take()
	other.Set(exactly(before + 1))
	assert.Equal(t, before+1, runtime.GOMAXPROCS(0), "they are free")
	other.Restore()
	assert.Equal(t, before, runtime.GOMAXPROCS(0))
}

// A number that somebody else sets stays.
func TestProcessorsAmongOthers(t *testing.T) {
	before := runtime.GOMAXPROCS(0)
	defer runtime.GOMAXPROCS(before)
	var p Processors
	p.Take()
	p.Set(exactly(before + 3))
	runtime.GOMAXPROCS(before + 1)
	p.Set(exactly(before + 2))
	assert.Equal(t, before+1, runtime.GOMAXPROCS(0))
	p.Restore()
	assert.Equal(t, before+1, runtime.GOMAXPROCS(0))
}

// OneProcessor restores the number that was set, whose ever it is.
func TestOneProcessor(t *testing.T) {
	before := runtime.GOMAXPROCS(0)
	defer runtime.GOMAXPROCS(before)
	inside := func() (n int) {
		OneProcessor(func() { n = runtime.GOMAXPROCS(0) })
		return n
	}
	assert.Equal(t, 1, inside())
	assert.Equal(t, before, runtime.GOMAXPROCS(0))

	var p Processors
	p.Take()
	p.Set(exactly(before + 3))
	assert.Equal(t, 1, inside())
	assert.Equal(t, before+3, runtime.GOMAXPROCS(0))
	p.Set(exactly(before + 1))
	assert.Equal(t, before+1, runtime.GOMAXPROCS(0), "p may still change it")
	p.Restore()
	assert.Equal(t, before, runtime.GOMAXPROCS(0))

	runtime.GOMAXPROCS(1)
	assert.Equal(t, 1, inside())
	assert.Equal(t, 1, runtime.GOMAXPROCS(0))
	runtime.GOMAXPROCS(before)

	OneProcessor(func() { runtime.GOMAXPROCS(before + 2) })
	assert.Equal(t, before+2, runtime.GOMAXPROCS(0), "somebody else has set it meanwhile")
}
