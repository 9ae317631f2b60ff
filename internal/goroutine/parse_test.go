package goroutine_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leakassert/leakassert/internal/goroutine"
)

type (
	labels = map[string]string
	frame  = goroutine.Frame
)

func TestHeader(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		why    string
		header string
		want   goroutine.Goroutine
	}{
		{"the plain form", `goroutine 1 [running]:`,
			goroutine.Goroutine{ID: 1, State: "running"}},
		{"parentheses that belong to the state", `goroutine 2 [chan receive (nil chan)]:`,
			goroutine.Goroutine{ID: 2, State: "chan receive (nil chan)"}},
		{"no mark, though it has the shape of one", `goroutine 2 [chan receive (synctest)]:`,
			goroutine.Goroutine{ID: 2, State: "chan receive (synctest)"}},
		{"mark behind parentheses", `goroutine 3 [select (no cases) (leaked)]:`,
			goroutine.Goroutine{ID: 3, State: "select (no cases)", Leaked: true}},
		{"all attributes, in the runtime's order",
			`goroutine 4 [select (scan) (durable), 12 minutes, locked to thread, synctest bubble 3]:`,
			goroutine.Goroutine{ID: 4, State: "select", Durable: true, Waiting: 12 * time.Minute, Locked: true, Bubble: 3}},
		{"durable as a part of the reason, before the marks",
			`goroutine 4 [chan receive (durable) (leaked) (scan), synctest bubble 1]:`,
			goroutine.Goroutine{ID: 4, State: "chan receive", Durable: true, Leaked: true, Bubble: 1}},
		{"an attribute of a later version", `goroutine 4 [select, quite bored, locked to thread]:`,
			goroutine.Goroutine{ID: 4, State: "select", Locked: true}},
		{"the largest id", `goroutine 18446744073709551615 [running]:`,
			goroutine.Goroutine{ID: 18446744073709551615, State: "running"}},
		{"a wait longer than a Duration saturates", `goroutine 4 [select, 18446744073709551615 minutes]:`,
			goroutine.Goroutine{ID: 4, State: "select", Waiting: 1<<63 - 1}},
		{"crash form, on a thread", `goroutine 1 gp=0xc0000061c0 m=0 mp=0x5a [running]:`,
			goroutine.Goroutine{ID: 1, State: "running"}},
		{"crash form, parked", `goroutine 0 gp=0xc0000061c0 m=nil [GC worker (idle), 1 minutes]:`,
			goroutine.Goroutine{ID: 0, State: "GC worker (idle)", Waiting: time.Minute}},

		{"1.26 labels stand inside the brackets", `goroutine 5 [chan receive labels:{"leaktest": "TestX"}]:`,
			goroutine.Goroutine{ID: 5, State: "chan receive", Labels: labels{"leaktest": "TestX"}}},
		{"1.26 labels behind marks and attributes",
			`goroutine 5 [chan receive (leaked), 2 minutes, synctest bubble 4 labels:{"a": "", "": "b"}]:`,
			goroutine.Goroutine{ID: 5, State: "chan receive", Leaked: true, Waiting: 2 * time.Minute, Bubble: 4, Labels: labels{"a": "", "": "b"}}},
		{"1.26 value that looks like the header's end",
			`goroutine 5 [select labels:{"a": "x\"}]:", "b": "]: goroutine 7 [running]:"}]:`,
			goroutine.Goroutine{ID: 5, State: "select", Labels: labels{"a": `x"}]:`, "b": `]: goroutine 7 [running]:`}}},
		{"every escape the runtime prints", `goroutine 5 [select labels:{"\\\"\n\r\t": "\x00\u007f\u00e9\ufffd\U0001f600"}]:`,
			goroutine.Goroutine{ID: 5, State: "select", Labels: labels{"\\\"\n\r\t": "\x00\x7fé\ufffd😀"}}},

		{"1.27 labels stand behind the brackets", `goroutine 6 [chan receive (leaked)] {leaktest: "TestX #1", a.b/c_d: v}:`,
			goroutine.Goroutine{ID: 6, State: "chan receive", Leaked: true, Labels: labels{"leaktest": "TestX #1", "a.b/c_d": "v"}}},
		{"1.27 leaves the empty string bare", `goroutine 6 [select, locked to thread] {: key, empty: }:`,
			goroutine.Goroutine{ID: 6, State: "select", Locked: true, Labels: labels{"": "key", "empty": ""}}},
		{"1.27 prints bytes that are not UTF-8", `goroutine 6 [select] {k: "\xff\xc3"}:`,
			goroutine.Goroutine{ID: 6, State: "select", Labels: labels{"k": "\xff\xc3"}}},
		{"1.27 value that looks like labels", `goroutine 6 [select] {k: "}: {leaktest: Other}:", l: "a, b: c"}:`,
			goroutine.Goroutine{ID: 6, State: "select", Labels: labels{"k": "}: {leaktest: Other}:", "l": "a, b: c"}}},
		{"what is no escape stands for itself", `goroutine 6 [select] {k: "\q\x4\u12"}:`,
			goroutine.Goroutine{ID: 6, State: "select", Labels: labels{"k": `\q\x4\u12`}}},
	} {
		t.Run(tt.why, func(t *testing.T) {
			t.Parallel()
			got, err := goroutine.Parse([]byte(tt.header + "\n"))
			require.NoError(t, err)
			require.Empty(t, cmp.Diff([]goroutine.Goroutine{tt.want}, got), "(-want +got)")
			r := only(t, tt.header)
			for key, want := range tt.want.Labels {
				value, ok := r.Label(key)
				assert.True(t, ok, "Label(%q)", key)
				assert.Equal(t, want, value, "Label(%q)", key)
			}
			_, ok := r.Label("no such label")
			assert.False(t, ok)
		})
	}
}

func TestStack(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		why   string
		stack string
		want  goroutine.Goroutine
	}{
		{"a method of a pointer", "net/http.(*Server).Serve(0xc000, {0x1, 0x2})\n\t/go/server.go:12 +0x1d\n",
			stack(frame{"net/http.(*Server).Serve", "/go/server.go", 12})},
		{"inlined: no address", "main.f(...)\n\t/a.go:1\n", stack(frame{"main.f", "/a.go", 1})},
		{"generic", "pkg.Map[...].Load.func1.2(...)\n\t/a.go:1 +0x1\n", stack(frame{"pkg.Map[...].Load.func1.2", "/a.go", 1})},
		{"generic method of a generic type, since 1.27", "pkg.(*Map[...]).Each[...](0x1)\n\t/a.go:1 +0x1\n",
			stack(frame{"pkg.(*Map[...]).Each[...]", "/a.go", 1})},
		{"method value", "main.(*T).f-fm()\n\t<autogenerated>:1 +0x1\n", stack(frame{"main.(*T).f-fm", "<autogenerated>", 1})},
		{"panic takes braces", "panic({0x49?, 0x4b?})\n\t/r/panic.go:8 +0x1\n", stack(frame{"panic", "/r/panic.go", 8})},
		{"escaped import path", "gopkg.in/yaml%2ev3.(*Node).Decode()\n\t/y.go:7 +0x1\n",
			stack(frame{"gopkg.in/yaml.v3.(*Node).Decode", "/y.go", 7})},
		{"a percent sign that is no escape", "a/b%zz%2\n\t/y.go:7 +0x1\n", stack(frame{"a/b%zz%2", "/y.go", 7})},
		{"Windows path with a space", "main.f()\n\tC:/My Files/x +0x1.go:12 +0x1d\n", stack(frame{"main.f", "C:/My Files/x +0x1.go", 12})},
		{"crash form", "main.f()\n\t/a b:c.go:3 +0x1 fp=0xc000 sp=0xc001 pc=0x47\n", stack(frame{"main.f", "/a b:c.go", 3})},
		{"created by a goroutine", "main.f()\n\t/a.go:1 +0x1\ncreated by main.(*T).g in goroutine 17\n\t/b.go:2 +0x5\n",
			goroutine.Goroutine{Frames: []frame{{"main.f", "/a.go", 1}}, CreatedBy: frame{"main.(*T).g", "/b.go", 2}, Creator: 17}},
		{"created by the runtime's timers", "main.f()\n\t/a.go:1 +0x1\ncreated by time.goFunc\n\t/b.go:2 +0x5\n",
			goroutine.Goroutine{Frames: []frame{{"main.f", "/a.go", 1}}, CreatedBy: frame{"time.goFunc", "/b.go", 2}}},
		{"creator's generic name that the runtime prints whole", "created by p.F[in goroutine x] in goroutine 3\n\t/b.go:2 +0x5\n",
			goroutine.Goroutine{CreatedBy: frame{"p.F[in goroutine x]", "/b.go", 2}, Creator: 3}},
		{"elided frames", "main.f()\n\t/a.go:1 +0x1\n...101 frames elided...\nmain.g()\n\t/a.go:2 +0x1\n",
			goroutine.Goroutine{Frames: []frame{{"main.f", "/a.go", 1}, {"main.g", "/a.go", 2}}, Elided: 101}},
		{"on another thread", "\tgoroutine running on other thread; stack unavailable\ncreated by main.f in goroutine 1\n\t/a.go:1 +0x1\n",
			goroutine.Goroutine{CreatedBy: frame{"main.f", "/a.go", 1}, Creator: 1}},
		{"C without symbols", "non-Go function at pc=0x7f01\nruntime.cgocall(0x1)\n\t/r.go:1 +0x1\n",
			stack(frame{Func: "non-Go function at pc=0x7f01"}, frame{"runtime.cgocall", "/r.go", 1})},
		{"C with symbols", "std::f(int)\n\t/c.cc:9 pc=0x7f01\nnon-Go function\n\tpc=0x7f02\nmain.f()\n\t/a.go:1 +0x1\n",
			stack(frame{"std::f", "/c.cc", 9}, frame{Func: "non-Go function"}, frame{"main.f", "/a.go", 1})},
		{"a complaint of the unwinder between frames", "main.f()\n\t/a.go:1 +0x1\nruntime: g 7: unexpected return pc\nmain.g()\n\t/a.go:2 +0x1\n",
			stack(frame{"main.f", "/a.go", 1}, frame{Func: "runtime: g 7: unexpected return pc"}, frame{"main.g", "/a.go", 2})},
		{"ancestors are not the stack", "main.f()\n\t/a.go:1 +0x1\ncreated by main.g in goroutine 5\n\t/a.go:2 +0x1\n" +
			"[originating from goroutine 5]:\nmain.g(...)\n\t/a.go:2 +0x1\n...additional frames elided...\ncreated by main.h\n\t/a.go:3 +0x1\n",
			goroutine.Goroutine{Frames: []frame{{"main.f", "/a.go", 1}}, CreatedBy: frame{"main.g", "/a.go", 2}, Creator: 5}},
		{"an ancestor's creation is not its descendant's", "main.f()\n\t/a.go:1 +0x1\n[originating from goroutine 5]:\nmain.g(...)\n\t/a.go:2 +0x1\ncreated by main.h\n\t/a.go:3 +0x1\n",
			stack(frame{"main.f", "/a.go", 1})},
		{"last newline trimmed", "main.f()\n\t/a.go:12 +0x1", stack(frame{"main.f", "/a.go", 12})},
	} {
		t.Run(tt.why, func(t *testing.T) {
			t.Parallel()
			text := "goroutine 9 [select]:\n" + tt.stack
			tt.want.ID, tt.want.State = 9, "select"
			got, err := goroutine.Parse([]byte(text))
			require.NoError(t, err)
			require.Empty(t, cmp.Diff([]goroutine.Goroutine{tt.want}, got), "(-want +got)")
			assert.Equal(t, tt.want.Creator, only(t, text).Creator())
		})
	}
}

func TestUnreadable(t *testing.T) {
	t.Parallel()
	const good = "goroutine 1 [running]:\nmain.main()\n\t/a.go:1 +0x1\n"
	for _, tt := range []struct{ why, text, want string }{
		{"no state", "goroutine 7 running:", "goroutine 7: header is cut short"},
		{"cut in the state", "goroutine 7 [chan rec", "goroutine 7: header is cut short"},
		{"cut behind the state", "goroutine 7 [select]", "goroutine 7: header is cut short"},
		{"cut in a 1.26 label", `goroutine 7 [select labels:{"leaktest": "Te`, "goroutine 7: labels cannot be read"},
		{"cut in a 1.27 label", `goroutine 7 [select] {leaktest: Te`, "goroutine 7: labels cannot be read"},
		{"cut between 1.26 labels", `goroutine 7 [select labels:{"a": "b", `, "goroutine 7: labels cannot be read"},
		{"cut between 1.27 labels", `goroutine 7 [select] {a: b, `, "goroutine 7: labels cannot be read"},
		{"cut behind the labels", `goroutine 7 [select labels:{"a": "b"}`, "goroutine 7: header is cut short"},
		{"something new behind the labels", `goroutine 7 [select] {a: b} {c: d}:`, "goroutine 7: header goes on where it should end"},
		{"cut in a function", "goroutine 7 [select]:\nmain.f", `goroutine 7: stack is cut short after "main.f"`},
		{"cut behind a function", "goroutine 7 [select]:\nmain.f()\n", `goroutine 7: stack is cut short after "main.f()"`},
		{"cut in a path", "goroutine 7 [select]:\nmain.f()\n\t/src/a", `goroutine 7: stack is cut short in "\t/src/a"`},
		{"cut in a number", "goroutine 7 [select]:\nmain.f()\n\t/src/a.go:1", `goroutine 7: stack is cut short in "\t/src/a.go:1"`},
		{"cut in the creator", "goroutine 7 [select]:\ncreated by main.f in goroutine 1", `goroutine 7: stack is cut short after "main.f"`},
		{"no line number", "goroutine 7 [select]:\nmain.f()\n\t/src/a.go\n", `goroutine 7: no file and line in "\t/src/a.go"`},
		{"line number of another world", "goroutine 7 [select]:\nmain.f()\n\t/src/a.go:x1\n", `goroutine 7: no file and line in "\t/src/a.go:x1"`},
	} {
		t.Run(tt.why, func(t *testing.T) {
			t.Parallel()
			got, err := goroutine.Parse([]byte(good + "\n" + tt.text))
			require.EqualError(t, err, tt.want)
			require.Len(t, got, 1, "the goroutine that can be read")
			assert.Equal(t, uint64(1), got[0].ID)
			assert.Zero(t, only(t, tt.text).Creator())
		})
	}
}

func stack(frames ...frame) goroutine.Goroutine { return goroutine.Goroutine{Frames: frames} }

// only returns the one record of text.
func only(t *testing.T, text string) goroutine.Record {
	t.Helper()
	records := cut(text)
	require.Len(t, records, 1, "records of %s", strings.TrimSpace(text))
	return records[0]
}
