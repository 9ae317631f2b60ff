package probe_test

import (
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/leakassert/leakassert/internal/probe"
	"github.com/stretchr/testify/assert"
)

func TestGroup(t *testing.T) {
	leak := func(columns ...string) probe.Leak { return probe.Leak{Kind: "slot", Columns: columns} }
	with := func(l probe.Leak, change func(*probe.Leak)) probe.Leak { change(&l); return l }
	evidence := func(label, column string) func(*probe.Leak) {
		return func(l *probe.Leak) { l.Evidence = []probe.Evidence{{Label: label, Columns: []string{column}}} }
	}
	tests := func(names ...string) func(*probe.Leak) { return func(l *probe.Leak) { l.Tests = names } }
	count := func(n int64) func(*probe.Leak) { return func(l *probe.Leak) { l.Count = n } }
	of := func(kind string) func(*probe.Leak) { return func(l *probe.Leak) { l.Kind = kind } }
	for _, c := range []struct {
		why   string
		leaks []probe.Leak
		kinds []string
		want  []probe.Leak
	}{
		{"nothing", nil, nil, nil},
		{"a count of 0 is 1", []probe.Leak{leak("a")}, nil, []probe.Leak{with(leak("a"), count(1))}},
		{"equal ones are one",
			[]probe.Leak{leak("a"), leak("a"), with(leak("a"), count(3))}, nil,
			[]probe.Leak{with(leak("a"), count(5))}},
		{"the most frequent first, then by their text",
			[]probe.Leak{leak("c"), leak("b"), leak("d"), leak("d")}, nil,
			[]probe.Leak{with(leak("d"), count(2)), with(leak("b"), count(1)), with(leak("c"), count(1))}},
		{"columns are no more than their text",
			[]probe.Leak{leak("a", "b"), leak("a b"), leak("a"), leak("a", "b")}, nil,
			[]probe.Leak{with(leak("a", "b"), count(2)), with(leak("a"), count(1)), with(leak("a b"), count(1))}},
		{"kinds in the order of their probes",
			[]probe.Leak{with(leak("a"), of("fd")), with(leak("a"), of("goroutine"))}, []string{"goroutine", "fd"},
			[]probe.Leak{with(with(leak("a"), of("goroutine")), count(1)), with(with(leak("a"), of("fd")), count(1))}},
		{"a kind given twice has its first place",
			[]probe.Leak{with(leak("a"), of("fd")), with(leak("a"), of("pool"))}, []string{"pool", "fd", "pool"},
			[]probe.Leak{with(with(leak("a"), of("pool")), count(1)), with(with(leak("a"), of("fd")), count(1))}},
		{"kinds by their name where the probes are not known",
			[]probe.Leak{with(leak("a"), of("pool")), with(with(leak("z"), of("fd")), count(1))}, nil,
			[]probe.Leak{with(with(leak("z"), of("fd")), count(1)), with(with(leak("a"), of("pool")), count(1))}},
		{"evidence tells them apart",
			[]probe.Leak{with(leak("a"), evidence("opened", "here")), with(leak("a"), evidence("opened", "there")), with(leak("a"), evidence("closed", "here"))}, nil,
			[]probe.Leak{
				with(with(leak("a"), evidence("closed", "here")), count(1)),
				with(with(leak("a"), evidence("opened", "here")), count(1)),
				with(with(leak("a"), evidence("opened", "there")), count(1)),
			}},
		{"tests in another order are the same",
			[]probe.Leak{with(leak("a"), tests("A", "B")), with(leak("a"), tests("B", "A"))}, nil,
			[]probe.Leak{with(with(leak("a"), tests("A", "B")), count(2))}},
		{"so do tests",
			[]probe.Leak{with(leak("a"), tests("A")), with(leak("a"), tests("A", "B")), with(leak("a"), tests("A"))}, nil,
			[]probe.Leak{with(with(leak("a"), tests("A")), count(2)), with(with(leak("a"), tests("A", "B")), count(1))}},
		{"so do units, which the summary counts",
			[]probe.Leak{with(leak("a"), func(l *probe.Leak) { l.Unit = "object" }), with(leak("a"), func(l *probe.Leak) { l.Unit = "byte" })}, nil,
			[]probe.Leak{
				with(leak("a"), func(l *probe.Leak) { l.Unit, l.Count = "byte", 1 }),
				with(leak("a"), func(l *probe.Leak) { l.Unit, l.Count = "object", 1 }),
			}},
		{"a group is proven and owned when all of it is",
			[]probe.Leak{with(leak("a"), func(l *probe.Leak) { l.Proven, l.Owned = true, true }), leak("a")}, nil,
			[]probe.Leak{with(leak("a"), count(2))}},
	} {
		t.Run(c.why, func(t *testing.T) {
			got := probe.Group(c.leaks, c.kinds)
			if diff := cmp.Diff(c.want, got, cmpopts.IgnoreUnexported(probe.Leak{})); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// Whatever order leaks are found in, what is said of them is the same, and no
// one is lost.
func TestGroupDoesNotDependOnOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	word := func() string { return []string{"", "a", "b", "ab"}[r.IntN(4)] }
	words := func() (ws []string) {
		for range r.IntN(3) {
			ws = append(ws, word())
		}
		return ws
	}
	kinds := []string{"goroutine", "fd", "heap"}
	for range 500 {
		var leaks []probe.Leak
		total := int64(0)
		for range r.IntN(12) {
			l := probe.Leak{
				Kind:    []string{"fd", "goroutine", "heap", "pool", "child"}[r.IntN(5)],
				Count:   r.Int64N(3),
				Unit:    word(),
				Columns: words(),
				Tests:   words(),
				Proven:  r.IntN(2) == 0,
				Owned:   r.IntN(2) == 0,
				Stray:   r.IntN(2) == 0,
			}
			for range r.IntN(3) {
				l.Evidence = append(l.Evidence, probe.Evidence{Label: word(), Columns: words()})
			}
			leaks = append(leaks, l)
			total += l.N()
		}
		want := probe.Group(leaks, kinds)
		sum := int64(0)
		for _, l := range want {
			sum += l.Count
		}
		assert.Equal(t, total, sum)
		again := append([]probe.Leak(nil), leaks...)
		r.Shuffle(len(again), func(i, j int) { again[i], again[j] = again[j], again[i] })
		same := []cmp.Option{cmpopts.IgnoreUnexported(probe.Leak{}), cmpopts.EquateEmpty()}
		if diff := cmp.Diff(want, probe.Group(again, kinds), same...); diff != "" {
			t.Fatalf("(-one order +another):\n%s", diff)
		}
		if diff := cmp.Diff(want, probe.Group(want, kinds), same...); diff != "" {
			t.Fatalf("grouping what is grouped (-once +twice):\n%s", diff)
		}
	}
}
