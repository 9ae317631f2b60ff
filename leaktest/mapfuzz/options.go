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
	explore, usualBudget   bool
	uniqueHashes           bool
	packages               []string
}

func options(opts []Option) (settings, error) {
	o := settings{budget: 2 * time.Second, usualBudget: true, maxHeap: 1 << 30, workers: max(2, min(4, runtime.GOMAXPROCS(0))), seed: rand.Uint64()}
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
		return o, errors.New("mapfuzz: Only and Without leave no mode to run")
	}
	return o, nil
}

// option returns an option that calls set or, if it is not valid, returns the error wrong.
func option(valid bool, set func(*settings), wrong string, args ...any) Option {
	return func(o *settings) error {
		if !valid {
			return fmt.Errorf("mapfuzz: "+wrong, args...)
		}
		set(o)
		return nil
	}
}

func (o settings) wants(mode string) bool {
	return (len(o.only) == 0 || slices.Contains(o.only, mode)) && !slices.Contains(o.without, mode)
}

// Budget sets how long a map is driven; by default 2s, 300ms under -short. If operations are so slow
// that no time is left for some modes, Test names these modes on standard error.
func Budget(d time.Duration) Option {
	return option(d > 0, func(o *settings) { o.budget, o.usualBudget = d, false }, "Budget(%v): it must be more than 0", d)
}

// Workers sets how many goroutines drive a map at the same time; by default as many
// as there are processors, at least 2 and at most 4.
func Workers(n int) Option {
	return option(n >= 2 && n <= 32, func(o *settings) { o.workers = n }, "Workers(%d): it must be from 2 to 32", n)
}

// MaxHeap sets how many bytes of heap the map may hold; by default 1 GiB. Garbage and what
// others hold do not count.
func MaxHeap(bytes int64) Option {
	return option(bytes > 0, func(o *settings) { o.maxHeap = bytes }, "MaxHeap(%d): it must be more than 0", bytes)
}

// Seed makes the driver choose the same operations again; a report names its seed. The
// timing of the goroutines is not repeated.
func Seed(n uint64) Option { return func(o *settings) error { o.seed = n; return nil } }

// Only restricts [Test] to some modes.
func Only(modes ...string) Option {
	return chosen("Only", modes, func(o *settings) { o.only = append(o.only, modes...) })
}

// Without leaves out some modes of [Test].
func Without(modes ...string) Option {
	return chosen("Without", modes, func(o *settings) { o.without = append(o.without, modes...) })
}

func allModes() []string { return append(mapdrive.Modes(), "release", "steady") }

func chosen(by string, modes []string, set func(*settings)) Option {
	all := allModes()
	for _, m := range modes {
		if !slices.Contains(all, m) {
			return option(false, set, "%s(%q): there is no such mode; the modes are %s", by, m, strings.Join(all, ", "))
		}
	}
	return option(true, set, "")
}

// WeakRange is for maps whose documentation says that Range may show a key more than once
// if the key changes meanwhile.
func WeakRange() Option { return func(o *settings) error { o.weakRange = true; return nil } }

// RangeAllowsWrites makes the callback of Range write to the map. It is for maps whose
// documentation allows that.
func RangeAllowsWrites() Option { return func(o *settings) error { o.rangeWrites = true; return nil } }

// Keys sets the function that makes key number i, for i from 0 to 4095; the keys must differ. It
// is for types of which the driver can't make keys. The driver makes numbers, strings, bools,
// pointers, channels, any, and arrays and structs of these whose unexported fields have no
// pointers. The mode release does not check keys that Keys makes.
func Keys[K comparable](key func(i int) K) Option {
	return option(key != nil, func(o *settings) { o.keys = key }, "Keys(nil): pass a function that makes key number i")
}

// Values sets the function that makes value number i, for i from 0 to 1023. The list ends
// before the first value that repeats one; few values show few faults. A value must equal itself, which
// NaN does not. A value that is a slice
// or a map can't be compared, so the map must return the same slice or map that was stored.
// The mode release does not check values that Values makes.
func Values[V any](value func(i int) V) Option {
	return option(value != nil, func(o *settings) { o.vals = value }, "Values(nil): pass a function that makes value number i")
}
