package secondrun

import (
	"errors"

	"github.com/leakassert/leakassert/internal/stored"
)

// A Result is who stores into one container, or why that is not known.
type Result struct {
	Stores []stored.Store
	Err    error
}

// Total returns how many stores there were.
func (r Result) Total() (n int64) {
	for _, s := range r.Stores {
		n += s.Count
	}
	return n
}

var errNoHolder = errors.New("what holds it, or its declaration, is not known")

var errOtherHolder = errors.New("the second run of the test fails, but does not name this holder")

// result looks for a container in the answers to a test.
func result(all []stored.Answer, test string, c stored.Container) Result {
	if len(c.Places) == 0 {
		return Result{Err: errNoHolder}
	}
	err := errOtherHolder
	for _, whole := range []bool{true, false} {
		for _, a := range all {
			switch {
			case a.Test != test || !c.Same(a.Container, whole):
			case len(a.Stores) > 0:
				return Result{Stores: a.Stores}
			case a.Lost:
				err = errors.New("there were too many stores of that sort to record all")
			default:
				err = errors.New("no store in the source of the module under test was into it; stores of other modules, by reflect, by unsafe and by copying are not seen")
			}
		}
	}
	return Result{Err: err}
}
