package goroutine_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leakassert/leakassert/internal/goroutine"
)

var update = flag.Bool("update", false, "rewrite the golden files in testdata")

// dumps returns the real dumps in testdata by name; see testdata/gen.
func dumps(t testing.TB) map[string]string {
	t.Helper()
	files, err := filepath.Glob("testdata/*.txt")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	all := make(map[string]string)
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		all[strings.TrimSuffix(filepath.Base(file), ".txt")] = string(text)
	}
	return all
}

func TestGolden(t *testing.T) {
	for name, dump := range dumps(t) {
		t.Run(name, func(t *testing.T) {
			all, err := goroutine.Parse([]byte(dump))
			require.NoError(t, err)
			got, err := json.MarshalIndent(views(all), "", "\t")
			require.NoError(t, err)
			file := filepath.Join("testdata", name+".json")
			if *update {
				require.NoError(t, os.WriteFile(file, append(got, '\n'), 0o644))
			}
			want, err := os.ReadFile(file)
			require.NoError(t, err, "run go test -update and look at what it wrote")
			if diff := cmp.Diff(string(want), string(got)+"\n"); diff != "" {
				t.Errorf("%s (-want +got):\n%s", file, diff)
			}
		})
	}
}

// view is a goroutine as a golden file has it: short enough to be read, and in
// ASCII, because JSON has no way to write a label that is not UTF-8.
type view struct {
	ID        uint64
	State     string
	Leaked    bool              `json:",omitempty"`
	Locked    bool              `json:",omitempty"`
	Labels    map[string]string `json:",omitempty"`
	Frames    []string          `json:",omitempty"`
	Elided    int               `json:",omitempty"`
	CreatedBy string            `json:",omitempty"`
	Creator   uint64            `json:",omitempty"`
}

func views(all []goroutine.Goroutine) []view {
	place := func(f frame) string { return fmt.Sprintf("%s %s:%d", f.Func, f.File, f.Line) }
	var vs []view
	for _, g := range all {
		v := view{
			ID: g.ID, State: g.State, Leaked: g.Leaked, Locked: g.Locked,
			Elided: g.Elided, Creator: g.Creator,
		}
		for key, value := range g.Labels {
			if v.Labels == nil {
				v.Labels = map[string]string{}
			}
			v.Labels[strconv.QuoteToASCII(key)] = strconv.QuoteToASCII(value)
		}
		for _, f := range g.Frames {
			v.Frames = append(v.Frames, place(f))
		}
		if g.CreatedBy != (frame{}) {
			v.CreatedBy = place(g.CreatedBy)
		}
		vs = append(vs, v)
	}
	return vs
}

// The dumps must show what they were made for; a golden file alone would
// agree with a parser that drops it.
func TestGoldenShows(t *testing.T) {
	t.Parallel()
	everywhere := map[string]func(goroutine.Goroutine) bool{
		"a nil channel":      func(g goroutine.Goroutine) bool { return g.State == "chan receive (nil chan)" },
		"an empty select":    func(g goroutine.Goroutine) bool { return g.State == "select (no cases)" },
		"a mutex":            func(g goroutine.Goroutine) bool { return g.State == "sync.Mutex.Lock" },
		"a locked thread":    func(g goroutine.Goroutine) bool { return g.Locked },
		"elided frames":      func(g goroutine.Goroutine) bool { return g.Elided > 0 },
		"a creator":          func(g goroutine.Goroutine) bool { return g.Creator == 1 },
		"a timer's function": func(g goroutine.Goroutine) bool { return g.CreatedBy.Func == "time.goFunc" && g.Creator == 0 },
		"a coroutine":        func(g goroutine.Goroutine) bool { return g.State == "coroutine" },
	}
	for _, version := range []string{"go1.26", "go1.27"} {
		want := map[string]func(goroutine.Goroutine) bool{}
		for what, is := range everywhere {
			want[version+" "+what] = is
			want[version+"-system "+what] = is
		}
		want[version+" labels"] = func(g goroutine.Goroutine) bool { return g.Labels["leaktest"] == "TestCheckout" }
		want[version+" a nasty label"] = func(g goroutine.Goroutine) bool { return g.Labels["l"] == `", "leaktest": "TestFake"}]:` }
		want[version+"-leaked a proven mutex"] = func(g goroutine.Goroutine) bool { return g.Leaked && g.State == "sync.Mutex.Lock" }
		want[version+"-leaked a proven leak"] = func(g goroutine.Goroutine) bool { return g.Leaked && g.Labels["leaktest"] == "TestLeak" }
		for what, is := range want {
			name, _, _ := strings.Cut(what, " ")
			all, err := goroutine.Parse([]byte(dumps(t)[name]))
			require.NoError(t, err)
			shown := false
			for _, g := range all {
				shown = shown || is(g)
			}
			assert.True(t, shown, "no goroutine of %s", what)
		}
	}
}
