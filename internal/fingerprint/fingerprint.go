// Package fingerprint names the place of a leak in one line that stays the same from run to run and
// from build to build: with -race, -cover or -trimpath, with and without inlining, in another
// checkout. It has no line numbers, addresses or numbers of goroutines, and nothing that only
// LEAKTEST=trace knows. The probes say what the place is:
//
//	goroutine example.org/shop/store.(*DB).flush             the first call of the module on its stack
//	goroutine net/http.(*conn).serve by example.org/shop.Run its first function, and who started it
//	heap      example.org/shop/cache.Put *cache.entry        the function that allocates, and the type
//	fd        file testdata/access.log                       the kind, and the path without what varies
//	pool      orders InUse                                   the pool's name and its gauge
//
// A function literal has the name of the declared function that it is in. For a probe of the user's
// own the place is the leak's Origin.
package fingerprint

import (
	"cmp"
	"slices"
	"strings"
	"unicode"

	"github.com/leakassert/leakassert/internal/names"
	"github.com/leakassert/leakassert/internal/probe"
)

// Of returns the fingerprint of an explained leak. Of a finding that stands for several places it
// returns the one with the most.
func Of(l probe.Leak) string { return Each(l)[0].At }

// Each returns the fingerprints of all that an explained leak stands for, with their numbers. It
// returns at least one, the most frequent first.
func Each(l probe.Leak) []probe.Place {
	if len(l.Places) == 0 {
		return []probe.Place{{At: printed(l.Kind, unexplained(l)), N: l.N()}}
	}
	all := make([]probe.Place, 0, len(l.Places))
	for _, p := range l.Places {
		n := max(p.N, 1)
		if len(l.Places) == 1 {
			n = l.N() // perhaps changed since the place was set
		}
		all = append(all, probe.Place{At: printed(l.Kind, p.At), N: n})
	}
	all = probe.MergePlaces(all) // what has one fingerprint
	slices.SortFunc(all, func(a, b probe.Place) int {
		return cmp.Or(cmp.Compare(b.N, a.N), strings.Compare(a.At, b.At))
	})
	return all
}

// unexplained returns the place of a leak whose probe gave none.
func unexplained(l probe.Leak) string {
	if l.CreatedBy.Func != "" {
		return names.Place(l.Frames, l.CreatedBy)
	}
	frames := slices.DeleteFunc(slices.Clone(l.Frames), func(f probe.Frame) bool { return names.OfLibrary(f.Func) })
	if len(frames) > 0 { // where it was acquired
		return names.Stable(frames[max(0, slices.IndexFunc(frames, names.InModule))])
	}
	return cmp.Or(l.Unit, l.Kind)
}

// printed puts a kind and a place on one line, with single spaces and nothing that a terminal obeys.
func printed(kind, place string) string {
	clean := func(r rune) rune {
		if unicode.IsPrint(r) && r != unicode.ReplacementChar {
			return r
		}
		return ' '
	}
	return strings.Join(strings.Fields(strings.Map(clean, kind+" "+place)), " ")
}
