package mapfuzz

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/leakassert/leakassert/internal/mapdrive"
)

// An Option says how a map is driven.
type Option func(*settings) error

type settings struct {
	budget                 time.Duration
	workers                int
	seed                   uint64
	only, without          []string
	weakRange, rangeWrites bool
	maxHeap                int64
	keys, vals             any
}

func options(opts []Option) (settings, error) {
	o := settings{budget: 2 * time.Second, maxHeap: 1 << 30, workers: max(2, min(4, runtime.GOMAXPROCS(0))), seed: rand.Uint64()}
	if testing.Testing() && testing.Short() {
		o.budget = 300 * time.Millisecond
	}
	for _, opt := range opts {
		if opt == nil {
			return o, errors.New("mapfuzz: an Option is nil: leave it out")
		}
		if err := opt(&o); err != nil {
			return o, err
		}
	}
	if !slices.ContainsFunc(allModes(), o.wants) {
		return o, errors.New("mapfuzz: Only and Without leave no mode")
	}
	return o, nil
}

func (o settings) wants(mode string) bool {
	return (len(o.only) == 0 || slices.Contains(o.only, mode)) && !slices.Contains(o.without, mode)
}

// Budget sets how long a map is driven; by default 2s, 300ms under -short.
func Budget(d time.Duration) Option {
	return func(o *settings) error {
		if d <= 0 {
			return fmt.Errorf("mapfuzz: Budget(%v): driving a map takes some time", d)
		}
		o.budget = d
		return nil
	}
}

// Workers sets how many goroutines drive a map at the same time; by default as many
// as there are processors, at least 2 and at most 4.
func Workers(n int) Option {
	return func(o *settings) error {
		if n < 2 || n > 32 {
			return fmt.Errorf("mapfuzz: Workers(%d): there can be 2 to 32", n)
		}
		o.workers = n
		return nil
	}
}

// MaxHeap sets how many bytes the heap may grow beyond what it was at the start, by what
// the map holds; by default 1 GiB. Garbage and what others hold do not count.
func MaxHeap(bytes int64) Option {
	return func(o *settings) error {
		if bytes < 1 {
			return fmt.Errorf("mapfuzz: MaxHeap(%d): a map takes some bytes", bytes)
		}
		o.maxHeap = bytes
		return nil
	}
}

// Seed has the driver make the choices that it made with the seed, which a report
// names. What the goroutines do at the same time is not repeated by it.
func Seed(n uint64) Option {
	return func(o *settings) error { o.seed = n; return nil }
}

// Only drives in these modes only, see [Test].
func Only(modes ...string) Option {
	return func(o *settings) error { o.only = append(o.only, modes...); return known("Only", modes) }
}

// Without leaves modes out, see [Test].
func Without(modes ...string) Option {
	return func(o *settings) error { o.without = append(o.without, modes...); return known("Without", modes) }
}

func allModes() []string { return append(mapdrive.Modes(), "release", "steady") }

func known(by string, modes []string) error {
	all := allModes()
	for _, m := range modes {
		if !slices.Contains(all, m) {
			return fmt.Errorf("mapfuzz: %s(%q): there is no such mode; there are %s", by, m, strings.Join(all, ", "))
		}
	}
	return nil
}

// WeakRange is for maps whose Range is documented to promise less than that it shows
// a key that changes at most once.
func WeakRange() Option { return func(o *settings) error { o.weakRange = true; return nil } }

// RangeAllowsWrites is for maps that promise that the callback of Range may write to
// the map: then it does.
func RangeAllowsWrites() Option { return func(o *settings) error { o.rangeWrites = true; return nil } }

// Keys has key number i, from 0 to 4095, made by key; they must all differ. It is for
// types that the driver can't make values of: it makes those of numbers, strings, bools,
// pointers, channels, any, and arrays and structs of these, if what is not exported has no
// pointers. As many are used as the type has. What becomes of keys so made, mode release
// does not tell.
func Keys[K comparable](key func(i int) K) Option {
	return func(o *settings) error {
		if key == nil {
			return errors.New("mapfuzz: Keys(nil): pass a function that makes key number i")
		}
		o.keys = key
		return nil
	}
}

// Values has value number i, from 0 to at most 1023, made by value; the first one that
// was made before ends the list, and few values show few faults. Of slices and maps, which
// can't be compared, the map must give back the very one that was stored. What becomes of
// values so made, mode release does not tell.
func Values[V any](value func(i int) V) Option {
	return func(o *settings) error {
		if value == nil {
			return errors.New("mapfuzz: Values(nil): pass a function that makes value number i")
		}
		o.vals = value
		return nil
	}
}
