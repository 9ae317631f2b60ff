package cases

import (
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/leakassert/leakassert/fdassert"
	"github.com/leakassert/leakassert/leaktest"
	"github.com/leakassert/leakassert/poolassert"
)

// A pool takes back everything when it is closed.
type pool struct{ out atomic.Int64 }

func (p *pool) Name() string            { return "orders" }
func (p *pool) Stats() poolassert.Stats { return poolassert.Stats{InUse: p.out.Load()} }
func (p *pool) Close()                  { p.out.Store(0) }

func checkPool(t *testing.T, p *pool) {
	poolassert.Check(t, poolassert.With(p, poolassert.Settle(30*time.Millisecond)))
}

func TestPoolIsClosedAfterItsCheck(t *testing.T) {
	p := &pool{}
	t.Cleanup(p.Close)
	checkPool(t, p)
	if on("pool") {
		p.out.Add(1)
	}
}

func TestPoolTakesBackBeforeItsCheck(t *testing.T) {
	p := &pool{}
	checkPool(t, p)
	t.Cleanup(p.Close)
	p.out.Add(1)
}

func TestNarrows(t *testing.T) {
	leaktest.Check(t, leaktest.IgnoreFunc(here+"leave..."))
	leave()
}

func TestNarrowsOtherwise(t *testing.T) {
	if on("narrows") {
		leaktest.Check(t, soon, leaktest.IgnoreFunc(here+"neverCalled"))
		leave()
	}
}

func open(t *testing.T, name string) *os.File {
	f, err := os.Create(filepath.Join(t.TempDir(), name))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

var kept []*os.File // which the collector does not close

func TestNarrowsDescriptors(t *testing.T) {
	fdassert.Check(t, fdassert.IgnorePath("left.log"))
	kept = append(kept, open(t, "left.log"))
}

func TestOpens(t *testing.T) {
	fdassert.Check(t, fdassert.Settle(30*time.Millisecond))
	if on("opens") {
		kept = append(kept, open(t, "orders.log"))
	}
}

func TestOpensAndLeaks(t *testing.T) {
	fdassert.Check(t, fdassert.Settle(30*time.Millisecond))
	if on("opensboth") {
		kept = append(kept, open(t, "both.log"))
		leave()
	}
}
