package leaktest_test

import (
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/leakassert/leakassert/fdassert"
	"github.com/leakassert/leakassert/internal/faketb"
	"github.com/leakassert/leakassert/leaktest"
	"github.com/leakassert/leakassert/memassert"
	"github.com/leakassert/leakassert/poolassert"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

// lender is a pool that knows how much is out.
type lender struct {
	sync.Mutex
	out int64
}

func (l *lender) Name() string { return "lender" }
func (l *lender) Stats() poolassert.Stats {
	l.Lock()
	defer l.Unlock()
	return poolassert.Stats{InUse: l.out}
}
func (l *lender) lend(n int64) { l.Lock(); defer l.Unlock(); l.out += n }

// openFile opens a file that is closed when the real test ends.
func openFile(t testing.TB, name string) *os.File {
	f, err := os.Create(filepath.Join(t.TempDir(), name))
	require.NoError(t, err)
	t.Cleanup(func() { f.Close() })
	return f
}

// An option that narrows one kind, or adds another, leaves the others watched; Only
// restricts.
func TestOptionsAdd(t *testing.T) {
	const goroutine, descriptor, slot = "1 goroutine", "1 descriptor", "1 pool slot"
	pool := &lender{}
	for name, c := range map[string]struct {
		options []leaktest.Option
		reports []string
	}{
		"none":                            {nil, []string{goroutine, descriptor}},
		"of descriptors":                  {[]leaktest.Option{leaktest.FDs(fdassert.IgnorePath("*.pdf"))}, []string{goroutine, descriptor}},
		"of descriptors, matching":        {[]leaktest.Option{leaktest.FDs(fdassert.IgnorePath("*.log"))}, []string{goroutine}},
		"of goroutines":                   {[]leaktest.Option{leaktest.Goroutines(goleak.IgnoreTopFunction("x.y"))}, []string{goroutine, descriptor}},
		"of goroutines, matching":         {[]leaktest.Option{leaktest.Goroutines(goleak.IgnoreAnyFunction(pkg + "(*keeper).keep"))}, []string{descriptor}},
		"a pool":                          {[]leaktest.Option{leaktest.Pools(pool)}, []string{goroutine, descriptor, slot}},
		"the heap within bounds":          {[]leaktest.Option{leaktest.Heap(memassert.MaxObjects(1 << 30))}, []string{goroutine, descriptor}},
		"everything within bounds":        {[]leaktest.Option{leaktest.Everything(pool), leaktest.Heap(memassert.MaxObjects(1 << 30))}, []string{goroutine, descriptor, slot}},
		"only goroutines":                 {[]leaktest.Option{leaktest.Only(leaktest.KindGoroutine)}, []string{goroutine}},
		"only descriptors":                {[]leaktest.Option{leaktest.Only(leaktest.KindFD)}, []string{descriptor}},
		"only the pool":                   {[]leaktest.Option{leaktest.Only(leaktest.KindPool), leaktest.Pools(pool)}, []string{slot}},
		"only two of three":               {[]leaktest.Option{leaktest.Pools(pool), leaktest.Only(leaktest.KindPool, leaktest.KindFD)}, []string{descriptor, slot}},
		"only goroutines and only a pool": {[]leaktest.Option{leaktest.Only(leaktest.KindGoroutine), leaktest.Pools(pool), leaktest.Only(leaktest.KindPool)}, []string{goroutine, slot}},
	} {
		t.Run(name, func(t *testing.T) {
			k := &keeper{make(chan struct{})}
			defer close(k.stop)
			f, _ := faketb.Run("T", func(f *faketb.TB) {
				leaktest.Check(f, append(c.options, soon)...)
				k.start()
				openFile(t, "order.log")
				pool.lend(1)
			})
			for _, kind := range []string{goroutine, descriptor, slot} {
				found := false
				for _, r := range c.reports {
					found = found || r == kind
				}
				if found {
					assert.Contains(t, f.Errors(), kind)
				} else {
					assert.NotContains(t, f.Errors(), kind)
				}
			}
			assert.NotContains(t, f.Errors(), "object", "the heap has bounds")
		})
	}
}

func TestOnlyOfWhatIsNotWatched(t *testing.T) {
	for says, o := range map[string]leaktest.Option{
		`leaktest: Only("heap"): this check does not watch this kind; it watches goroutine, fd`: leaktest.Only(leaktest.KindHeap),
		`leaktest: Only("fds"): this check does not watch this kind; it watches goroutine, fd`:  leaktest.Only(leaktest.KindFD, "fds"),
		`leaktest: Only(): name the kinds to watch, or leave the option out`:                    leaktest.Only(),
	} {
		f := faketb.New("T")
		assert.False(t, leaktest.NoLeak(f, func() {}, o))
		assert.Equal(t, says, f.Errors())
	}
}
