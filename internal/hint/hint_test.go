package hint_test

import (
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/leakassert/leakassert/internal/faketb"
	"github.com/leakassert/leakassert/internal/goprobe"
	"github.com/leakassert/leakassert/leaktest"
	"github.com/stretchr/testify/assert"
)

// A body leaks something and returns how to end it.
type body func(*testing.T) (end func())

// A known kind has a leak that shows the hint, and one that looks like it and does not.
type known struct {
	name, cause  string
	leak, nearly body
	trace        bool // the leak shows its stack only under LEAKTEST=trace
	opts         []leaktest.Option
}

func TestKnown(t *testing.T) {
	server() // which does not leak
	server2()
	for _, k := range kinds {
		t.Run(k.name, func(t *testing.T) {
			if k.trace {
				t.Setenv("LEAKTEST", "trace,symbols=off") // which builds nothing
			}
			if k.trace && strconv.IntSize == 32 {
				assert.Contains(t, reported(t, k.leak, k.opts), "not known: the runtime's records of live objects are not found: they are read where a word has 64 bits")
				return
			}
			assert.Contains(t, reported(t, k.leak, k.opts), "    usual cause "+k.cause)
			assert.NotContains(t, reported(t, k.nearly, k.opts), k.cause)
		})
	}
}

// reported returns what a check says about a body. It runs each body once.
func reported(t *testing.T, leak body, opts []leaktest.Option) string {
	type key struct {
		body uintptr
		env  string
		pool bool
	}
	k := key{reflect.ValueOf(leak).Pointer(), os.Getenv("LEAKTEST"), opts != nil}
	if text, known := reports.Load(k); known {
		return text.(string)
	}
	goprobe.LookAgain()
	var end func()
	tb := faketb.New("T")
	leaktest.NoLeak(tb, func() { end = leak(t) }, append(opts, leaktest.Settle(20*time.Millisecond))...)
	tb.End()
	end()
	text := tb.Errors()
	assert.Contains(t, text, "leaked", "a near miss leaks too")
	text = strings.ReplaceAll(text, "usual cause  ", "usual cause ")
	reports.Store(k, text)
	return text
}

var reports sync.Map

var kinds = slices.Concat(ofLibrary, ofBlocked, ofSQL)
