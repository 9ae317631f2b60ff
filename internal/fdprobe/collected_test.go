//go:build linux && amd64

package fdprobe

import (
	"reflect"
	"testing"

	"github.com/stretchr/testify/assert"
)

// This binary has no finalizers but those of os and net, as most have.
func TestOnlyDescriptors(t *testing.T) { assert.Empty(t, otherFinalizers()) }

//go:noinline
func direct() {}

//go:noinline
func byVariable() {}

var variable = byVariable

type caller interface{ call() }

type byInterface struct{}

//go:noinline
func (*byInterface) call() {}

var inInterface caller = new(byInterface)

//go:noinline
func setters() {
	direct()
	byVariable()
	new(byInterface).call()
	variable()
	inInterface.call()
}

func TestCallers(t *testing.T) {
	setters()
	from := reflect.ValueOf(setters).Pointer()
	for name, want := range map[string]bool{"direct": true, "byVariable": false, "(*byInterface).call": false} {
		name = "github.com/leakassert/leakassert/internal/fdprobe." + name
		callee := called(from, name)
		assert.Equal(t, name, function(callee))
		by, ok := callers(callee)
		assert.Equal(t, want, ok, name)
		if ok {
			assert.Equal(t, []uintptr{from}, []uintptr{entry(by[0])}, name)
		}
	}
	_, ok := callers(1)
	assert.False(t, ok)
}
