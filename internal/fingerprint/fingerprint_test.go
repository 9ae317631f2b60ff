package fingerprint_test

import (
	"testing"

	"github.com/leakassert/leakassert/internal/fingerprint"
	"github.com/leakassert/leakassert/internal/probe"
	"github.com/stretchr/testify/assert"
)

func placed(l probe.Leak, places ...probe.Place) probe.Leak { l.Places = places; return l }

func TestEach(t *testing.T) {
	frame := func(name string) probe.Frame { return probe.Frame{Func: name, File: "/nowhere/x.go", Line: 7} }
	for _, c := range []struct {
		why  string
		leak probe.Leak
		want []probe.Place
	}{
		{"a place", placed(probe.Leak{Kind: "fd"}, probe.Place{At: "file a.log", N: 1}), []probe.Place{{At: "fd file a.log", N: 1}}},
		{"its number has changed since", placed(probe.Leak{Kind: "fd", Count: 3}, probe.Place{At: "pipe", N: 1}), []probe.Place{{At: "fd pipe", N: 3}}},
		{"several, the most frequent first", placed(probe.Leak{Kind: "fd", Count: 4}, probe.Place{At: "c", N: 1}, probe.Place{At: "b", N: 1}, probe.Place{At: "a", N: 2}),
			[]probe.Place{{At: "fd a", N: 2}, {At: "fd b", N: 1}, {At: "fd c", N: 1}}},
		{"the same in print", placed(probe.Leak{Kind: "fd", Count: 2}, probe.Place{At: "a\nb", N: 1}, probe.Place{At: "a  b", N: 0}), []probe.Place{{At: "fd a b", N: 2}}},
		{"what a terminal obeys", placed(probe.Leak{Kind: "fd"}, probe.Place{At: "a\x1b[31m\xffb\u202e", N: 1}), []probe.Place{{At: "fd a [31m b", N: 1}}},
		{"no place, but who started it", probe.Leak{Kind: "job", CreatedBy: frame("a/b.Start"), Frames: []probe.Frame{frame("a/b.step"), frame("a/b.run")}},
			[]probe.Place{{At: "job a/b.run by a/b.Start", N: 1}}},
		{"no place, but who acquired it", probe.Leak{Kind: "job", Frames: []probe.Frame{frame("a/b.open.func1"), frame("a/b.run")}}, []probe.Place{{At: "job a/b.open.func", N: 1}}},
		{"nothing", probe.Leak{Kind: "heap", Unit: "object", Count: 2}, []probe.Place{{At: "heap object", N: 2}}},
		{"not even a unit", probe.Leak{Kind: "heap"}, []probe.Place{{At: "heap heap", N: 1}}},
	} {
		assert.Equal(t, c.want, fingerprint.Each(c.leak), c.why)
		assert.Equal(t, c.want[0].At, fingerprint.Of(c.leak), c.why)
	}
}
