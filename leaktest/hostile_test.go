package leaktest_test

import (
	"context"
	"os"
	"path/filepath"
	"runtime/pprof"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/leakassert/leakassert/internal/faketb"
	"github.com/leakassert/leakassert/leaktest"
	"github.com/leakassert/leakassert/poolassert"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// odd is a probe whose every text is a name.
type odd string

func (o odd) Kind() string                                 { return string(o) }
func (o odd) Start(leaktest.Scope) (leaktest.Watch, error) { return o, nil }
func (o odd) Grown() ([]leaktest.Leak, error) {
	return []leaktest.Leak{{ID: string(o), Unit: string(o), Units: string(o), Names: []string{string(o)}, Columns: []string{string(o), string(o)}, Origin: string(o)}}, nil
}
func (o odd) Explain(leaks []leaktest.Leak) []leaktest.Leak {
	for i := range leaks {
		leaks[i].Evidence = append(leaks[i].Evidence, leaktest.Evidence{Label: string(o), Columns: []string{string(o)}})
	}
	return leaks
}
func (o odd) Notes() []string { return []string{string(o)} }
func (odd) Stop()             {}

// Tests, pools, labels, and the probes of users can have any name. The leak is found, and a report is lines
// that no terminal obeys, of some length.
func TestHostileNames(t *testing.T) {
	for why, name := range map[string]string{
		"escapes":   "\x1b[2J\x1b]0;title\x07red",
		"newlines":  "a\nb\r\nok  \texample.org/a\t0.1s\n--- PASS: TestA\n::error::x\n\ngoroutine 1 [running]:\nmain.main()\n",
		"invalid":   "\xff\xfe\xc3",
		"invisible": "a\u202eb\u2066c\u200bd\u0085e\ufeff",
		"percent":   "%s%d%!(EXTRA",
		"long":      strings.Repeat("long ", 1<<18),
		"longbytes": strings.Repeat("\x1b\xff", 1<<16),
	} {
		t.Run(why, func(t *testing.T) {
			file, read := jsonFile(t)
			t.Setenv("LEAKTEST", "settle=0s,symbols=off,json="+file)
			t.Setenv("GODEBUG", "tracebacklabels=1") // labels are in the stacks, too
			release := make(chan struct{})
			slots := make(chan struct{}, 1)
			f, _ := faketb.Run(name, func(f *faketb.TB) {
				leaktest.Check(f, leaktest.With(odd(name)), leaktest.Pools(poolassert.Slots(name, slots)))
				slots <- struct{}{}
				ready := make(chan struct{})
				pprof.Do(context.Background(), pprof.Labels(name+"key", name), func(context.Context) {
					go func() { close(ready); <-release }()
				})
				<-ready
				opened, err := os.Create(filepath.Join(t.TempDir(), "x"))
				require.NoError(t, err)
				t.Cleanup(func() { opened.Close() })
			})
			close(release)
			text := f.Errors()
			for _, leak := range []string{"1 goroutine", "1 descriptor", "1 pool slot"} {
				assert.Contains(t, text, leak)
			}
			assert.Contains(t, text, "leaktest_test.TestHostileNames.func")
			assert.Contains(t, text, "InUse 0 → 1")
			assert.Contains(t, text, "\nnote: ")
			assert.Less(t, len(text), 200<<10)
			assert.True(t, utf8.ValidString(text))
			for line := range strings.SplitSeq(text, "\n") {
				assert.Equal(t, -1, strings.IndexFunc(line, func(r rune) bool { return !unicode.IsPrint(r) }), "%.100q", line)
				assert.NotRegexp(t, `^(ok  |--- |::|goroutine \d)`, line)
			}
			kinds := make(map[string]int)
			for _, f := range read() {
				kinds[f.Kind]++
			}
			assert.Len(t, kinds, 4)
			assert.Equal(t, 1, kinds[string([]rune(name))], "JSON has names as they are")
		})
	}
}
