package page

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/leakassert/leakassert/leaktest/finding"
	"github.com/stretchr/testify/assert"
)

// The ways are those that reports have shown.
func TestSteps(t *testing.T) {
	for _, c := range []struct {
		why, way string
		steps    []string
	}{
		{"a package variable", "heap.cache.entries[…] → *heap.entry", []string{"heap.cache", ".entries", "[…]", " → *heap.entry"}},
		{"alone", "memassert_test.held", []string{"memassert_test.held"}},
		{"a slice", "poolassert_test.kept[…].(*sql.Rows)", []string{"poolassert_test.kept", "[…]", ".(*sql.Rows)"}},
		{"a variable of a goroutine", "goroutine 16, everything.send: conn.(*net.TCPConn).fd.raddr.(*net.TCPAddr).IP → *syscall.SockaddrInet4",
			[]string{"goroutine 16, everything.send:", " conn", ".(*net.TCPConn)", ".fd", ".raddr", ".(*net.TCPAddr)", ".IP", " → *syscall.SockaddrInet4"}},
		{"a variable of a method", "goroutine 16, shop.(*Server).Serve: c.x", []string{"goroutine 16, shop.(*Server).Serve:", " c", ".x"}},
		{"a key with what separates steps", `shop.all["a].b → c\"["].name`, []string{"shop.all", `["a].b → c\"["]`, ".name"}},
		{"closures", "listeners_test.TestBus: bus.handlers (sync.Map)[8547].(func(listeners.Event)) func listeners.(*Leaking).Subscribe.func1 captures handle func x.T.func1.1 captures feed → chan listeners.Event",
			[]string{"listeners_test.TestBus:", " bus", ".handlers (sync.Map)", "[8547]", ".(func(listeners.Event))", " func listeners.(*Leaking).Subscribe.func1 captures", " handle",
				" func x.T.func1.1 captures", " feed", " → chan listeners.Event"}},
		{"a closure first", "func fdassert_test.TestTrace.func1.1 captures l.(*net.TCPListener).fd", []string{"func fdassert_test.TestTrace.func1.1 captures", " l", ".(*net.TCPListener)", ".fd"}},
		{"words", "the test that runs", []string{"the test that runs"}},
		{"words with steps", "a pending timer.f.x", []string{"a pending timer", ".f", ".x"}},
		{"more variables", "a.b → *T, and 2 more variables", []string{"a.b", " → *T, and 2 more variables"}},
		{"generic types", "a.b.(*c.D[go.shape.int]) → map[string]c.E", []string{"a.b", ".(*c.D[go.shape.int])", " → map[string]c.E"}},
		{"nothing", "", nil},
	} {
		t.Run(c.why, func(t *testing.T) { assert.Equal(t, c.steps, steps(c.way)) })
	}
}

// No text is lost, whatever a way is.
func FuzzSteps(f *testing.F) {
	for _, seed := range []string{"a.b", `a[")`, "func ", "func  captures", "x: y: z", " → ", "a → ", ".(", "].[", strings.Repeat(".a", 200), `a["\`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, way string) {
		all := steps(way)
		if got := strings.Join(all, ""); got != way {
			t.Errorf("%q became %q", way, got)
		}
		if len(all) > mostSteps {
			t.Errorf("%d steps", len(all))
		}
	})
}

// drawn returns a tree as text.
func drawn(nodes []*node, indent string) (text string) {
	for _, n := range nodes {
		mark := ""
		if n.Suspect {
			mark = " <-"
		}
		if n.Retained != 0 {
			mark = fmt.Sprintf(" %d%s", n.Retained, mark)
		}
		text += fmt.Sprintf("%s%s%s\n%s", indent, n.Text, mark, drawn(n.Children, indent+"  "))
	}
	return text
}

func TestTree(t *testing.T) {
	for _, c := range []struct {
		why     string
		ways    []string
		suspect string
		want    string
	}{
		{"ways that begin alike", []string{"p.v.a → *T", "p.v.b"}, "", "p.v\n  .a\n    → *T\n  .b\n"},
		{"the suspect", []string{"p.v.a[…] → *T", "p.v.a.(x)"}, "p.v.a", "p.v\n  .a <-\n    […]\n      → *T\n    .(x)\n"},
		{"a sync.Map", []string{"x.T: c.m (sync.Map)[1]"}, "x.T: c.m", "x.T:\n  c\n    .m (sync.Map) <-\n      [1]\n"},
		{"a suspect on no way", []string{"p.v"}, "p.other", "p.other <-\np.v\n"},
		{"a suspect alone", nil, "p.v", "p.v <-\n"},
		{"nothing", nil, "", ""},
		{"an empty way", []string{""}, "", ""},
		{"control characters", []string{"p.v.\x1b[31m\u202e"}, "", "p.v\n  .\\x1b\n    [31m\\u202e\n"},
	} {
		t.Run(c.why, func(t *testing.T) {
			assert.Equal(t, c.want, drawn(treeOf(finding.Finding{Holder: c.ways, Suspect: c.suspect}), ""))
		})
	}
}

// Where the steps are known, they are the nodes, with their retained sizes.
func TestTreeOfSteps(t *testing.T) {
	way := func(steps ...finding.Step) finding.Way { return finding.Way{Steps: steps} }
	f := finding.Finding{
		Holder: []string{"p.T: v.a.b[1] → *T", "p.other", "p.T: v.a.c"},
		Ways: []finding.Way{
			way(finding.Step{Text: "p.T: v", Retained: 900}, finding.Step{Text: ".a.b", Retained: 800}, finding.Step{Text: "[1] → *T", Retained: 100}),
			way(finding.Step{Text: "p.T: v", Retained: 900}, finding.Step{Text: ".a.c"}),
		},
		Suspect: "p.T: v.a.b", Retained: 850,
	}
	assert.Equal(t, "p.T: v 900\n  .a.b 850 <-\n    [1] → *T 100\n  .a.c\np.other\n", drawn(treeOf(f), ""))
	f.Suspect = "p.none"
	assert.Equal(t, "p.none 850 <-\n", drawn(treeOf(f)[:1], ""))
	f.Ways[0].Steps = slices.Repeat(f.Ways[0].Steps[1:2], 100)
	f.Holder = []string{strings.Repeat(".a.b", 100)}
	assert.Equal(t, mostSteps, strings.Count(drawn(treeOf(f), ""), ".a.b"))
}
