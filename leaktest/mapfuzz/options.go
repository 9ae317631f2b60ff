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
	keys, vals             any
}

func options(opts []Option) (settings, error) {
	o := settings{budget: 2 * time.Second, workers: max(2, min(4, runtime.GOMAXPROCS(0))), seed: rand.Uint64()}
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

func known(by string, modes []string) error {
	all := append(mapdrive.Modes(), "release", "steady")
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

// Keys has key number i made by key, for types that the driver can't make values
// of: it makes those of numbers, strings, bools, pointers, any, and arrays and structs
// of these.
func Keys[K comparable](key func(i int) K) Option {
	return func(o *settings) error {
		if key == nil {
			return errors.New("mapfuzz: Keys(nil): pass a function that makes key number i")
		}
		o.keys = key
		return nil
	}
}

// Values has value number i made by value.
func Values[V any](value func(i int) V) Option {
	return func(o *settings) error {
		if value == nil {
			return errors.New("mapfuzz: Values(nil): pass a function that makes value number i")
		}
		o.vals = value
		return nil
	}
}
