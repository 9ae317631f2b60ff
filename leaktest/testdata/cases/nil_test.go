package cases

import (
	"testing"

	"github.com/leakassert/leakassert/fdassert"
	"github.com/leakassert/leakassert/leaktest"
	"github.com/leakassert/leakassert/memassert"
	"github.com/leakassert/leakassert/poolassert"
)

// TestNil calls what takes a t without one.
func TestNil(t *testing.T) {
	if !on("nilt") {
		return
	}
	ran := 0
	body := func() { ran++ }
	p := &pool{}
	for _, none := range []leaktest.TB{nil, (*testing.T)(nil)} {
		leaktest.Check(none)
		fdassert.Check(none)
		memassert.Check(none)
		poolassert.Check(none, p)
		memassert.Collected(none, new([64]byte))
		for _, passes := range []bool{
			leaktest.NoLeak(none, body), leaktest.NoGrowth(none, body),
			fdassert.NoLeak(none, body), poolassert.NoLeak(none, body, p),
			memassert.NoLeak(none, body), memassert.NoGrowth(none, body),
		} {
			if passes {
				t.Error("nothing was checked, and that passes")
			}
		}
	}
	t.Log("bodies ran", ran, "times")
}
