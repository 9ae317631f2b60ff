package leaktest_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/leakassert/leakassert/internal/faketb"
	"github.com/leakassert/leakassert/leaktest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	here    = "github.com/leakassert/leakassert/leaktest"
	isStuck = "goroutine github.com/leakassert/leakassert/internal/faketb.Stuck.func"
)

// A list is a file of known leaks, for the tests of this package.
type list struct {
	t    *testing.T
	file string
}

// listOf writes a file with lines behind the name of the package.
func listOf(t *testing.T, lines ...string) list {
	t.Helper()
	l := list{t, filepath.Join(t.TempDir(), "leaks.txt")}
	text := "# mine\n"
	for _, line := range lines {
		text += here + "  " + line + "\n"
	}
	require.NoError(t, os.WriteFile(l.file, []byte(text), 0o600))
	return l
}

func (l list) text() string {
	l.t.Helper()
	text, err := os.ReadFile(l.file)
	require.NoError(l.t, err)
	return strings.ReplaceAll(string(text), here+"  ", "")
}

// check plays a test under a Check with the list.
func (l list) check(body func(tb *faketb.TB), opts ...leaktest.Option) *faketb.TB {
	l.t.Helper()
	tb, panicked := faketb.Run("TestShop", func(tb *faketb.TB) {
		leaktest.Check(tb, append([]leaktest.Option{leaktest.Baseline(l.file), leaktest.Settle(0)}, opts...)...)
		body(tb)
	})
	require.Nil(l.t, panicked)
	return tb
}

func leaks(t *testing.T, n int) func(*faketb.TB) { return func(*faketb.TB) { faketb.Stuck(t, n) } }

func TestBaselineLetsKnownLeaksPass(t *testing.T) {
	wholeReport(t)
	tb := listOf(t, "TestShop  2  "+isStuck+"  # SHOP-17").check(leaks(t, 2))
	assert.Empty(t, tb.Errors())
	assert.Empty(t, tb.Logs(), "a test that passes says nothing")
	assert.Empty(t, listOf(t, "TestShop  3  "+isStuck).check(leaks(t, 2)).Errors(), "there may be fewer")
	assert.Empty(t, listOf(t, "TestShop  any  "+isStuck).check(leaks(t, 5)).Errors())
}

func TestBaselineReportsMore(t *testing.T) {
	wholeReport(t)
	l := listOf(t, "TestShop  2  "+isStuck+"  # SHOP-17")
	report := l.check(leaks(t, 5)).Errors()
	assert.Contains(t, report, "TestShop leaked: 5 goroutines")
	assert.Regexp(t, `known +3 more than the 2 in .*leaks.txt:2\n`, report)
	assert.Regexp(t, `To let it pass until it is mended, write in .*leaks.txt:\n`, report)
	assert.True(t, strings.HasSuffix(report, "\n"+here+"  TestShop  5  "+isStuck+"  # SHOP-17"), report)
}

func TestBaselineReportsWhatIsNew(t *testing.T) {
	wholeReport(t)
	for _, l := range []list{
		listOf(t),
		listOf(t, "TestOther  1  "+isStuck),
		listOf(t, "TestShop/sub  1  "+isStuck),
	} {
		report := l.check(leaks(t, 1)).Errors()
		assert.NotContains(t, strings.ReplaceAll(report, "waits on    not known", ""), "known")
		assert.True(t, strings.HasSuffix(report, "leaks.txt:\n"+here+"  TestShop  1  "+isStuck), report)
	}
	other := filepath.Join(t.TempDir(), "leaks.txt")
	require.NoError(t, os.WriteFile(other, []byte("example.org/shop  TestShop  1  "+isStuck+"\n"), 0o600))
	assert.Contains(t, list{t, other}.check(leaks(t, 1)).Errors(), "TestShop leaked", "a line of another package")
}

func TestBaselineIsStale(t *testing.T) {
	wholeReport(t)
	l := listOf(t, "TestOther  1  fd file a.log", "TestShop  1  "+isStuck, "TestShop  1  fd file a.log", "TestShop  1  pool orders InUse")
	tb := l.check(func(*faketb.TB) {})
	assert.Regexp(t, `^TestShop: known leaks are gone

\S*leaks.txt:3: TestShop does not leak this any more: `+isStuck+`
\S*leaks.txt:4: TestShop does not leak this any more: fd file a.log

Delete the lines, or run LEAKTEST=baseline go test ./leaktest$`, tb.Errors())

	assert.NotContains(t, l.check(func(*faketb.TB) {}, leaktest.Only(leaktest.KindFD)).Errors(), "goroutine", "only what is watched can be stale")
	assert.NotContains(t, l.check(func(tb *faketb.TB) { tb.Errorf("broken") }).Errors(), "leaks.txt", "a test that fails judges nothing")
	assert.Empty(t, l.check(func(tb *faketb.TB) { tb.SkipNow() }).Errors())
	t.Setenv("LEAKTEST", "warn,symbols=off")
	tb = l.check(func(*faketb.TB) {})
	assert.Empty(t, tb.Errors())
	assert.Contains(t, tb.Logs(), "known leaks are gone")
}

// All checks of a test count together, and none of them tells what another one may still see.
func TestBaselineOfSeveralChecks(t *testing.T) {
	wholeReport(t)
	noLeaks := func(l list, counts ...int) (tb *faketb.TB, clean []bool) {
		tb, _ = faketb.Run("TestShop", func(tb *faketb.TB) {
			for _, n := range counts {
				clean = append(clean, leaktest.NoLeak(tb, func() { faketb.Stuck(t, n) }, leaktest.Baseline(l.file), leaktest.Settle(0)))
			}
		})
		return tb, clean
	}
	l := listOf(t, "TestShop  2  "+isStuck)
	tb, clean := noLeaks(l, 0, 1, 1)
	assert.Empty(t, tb.Errors())
	assert.Equal(t, []bool{true, true, true}, clean)
	tb, clean = noLeaks(l, 1, 2)
	assert.Regexp(t, `known +1 more than the 2 in`, tb.Errors())
	assert.Equal(t, []bool{true, false}, clean)
	tb, _ = noLeaks(l, 0, 0)
	assert.Equal(t, 1, strings.Count(tb.Errors(), "known leaks are gone"), tb.Errors())
}

func TestBaselineOfNoGrowth(t *testing.T) {
	wholeReport(t)
	grow := func(l list, words string) *faketb.TB {
		t.Setenv("LEAKTEST", words)
		tb, _ := faketb.Run("TestShop", func(tb *faketb.TB) {
			leaktest.NoGrowth(tb, func() { faketb.Stuck(t, 1) }, leaktest.Baseline(l.file), leaktest.Settle(10*time.Millisecond))
		})
		return tb
	}
	const line = "TestShop  any  " + isStuck
	tb := grow(listOf(t), "symbols=off")
	assert.True(t, strings.HasSuffix(tb.Errors(), here+"  "+line), tb.Errors())
	l := listOf(t)
	assert.Empty(t, grow(l, "symbols=off,baseline=add").Errors())
	assert.Equal(t, "# mine\n\n"+line+"\n", l.text())
	assert.Empty(t, grow(listOf(t, line), "symbols=off").Errors())
}

func TestBaselineWrites(t *testing.T) {
	wholeReport(t)
	l := listOf(t, "TestShop  3  "+isStuck+"  # SHOP-17", "TestShop  1  fd file gone.log")
	written := func(words string, n int) string {
		t.Setenv("LEAKTEST", "symbols=off,"+words)
		assert.Empty(t, l.check(leaks(t, n)).Errors(), "a test does not fail while the file is written")
		return l.text()
	}
	assert.Equal(t, "# mine\nTestShop  2  "+isStuck+"  # SHOP-17\n", written("baseline", 2))
	assert.Equal(t, "# mine\nTestShop  2  "+isStuck+"  # SHOP-17\n", written("baseline", 4), "it gets only shorter")
	assert.Equal(t, "# mine\nTestShop  4  "+isStuck+"  # SHOP-17\n", written("baseline=add", 4))

	absent := list{t, filepath.Join(t.TempDir(), "testdata", "leaks.txt")}
	l = absent
	assert.Contains(t, written("baseline", 1), "\nTestShop  1  "+isStuck+"\n")
	assert.True(t, strings.HasPrefix(absent.text(), "# Leaks that are known."))
}

func TestBaselineErrors(t *testing.T) {
	l := listOf(t, "TestShop  0  fd file")
	assert.Regexp(t, `^leaktest: Baseline\(".*leaks.txt"\): \S*leaks.txt:2: "0" is not a count: write 1 or more, or any$`, l.check(func(*faketb.TB) {}).Errors())
	assert.Regexp(t, `^leaktest: Baseline\("testdata/none.txt"\): /\S*leaktest/testdata/none.txt does not exist: LEAKTEST=baseline go test ./leaktest writes it with the leaks that there are$`,
		list{t, "testdata/none.txt"}.check(func(*faketb.TB) {}).Errors())
	assert.Regexp(t, `^leaktest: Baseline\(".*"\): read .*: is a directory$`, list{t, t.TempDir()}.check(func(*faketb.TB) {}).Errors())
	assert.Equal(t, `leaktest: Baseline(""): name a file, such as testdata/leaks.txt`, list{t, ""}.check(func(*faketb.TB) {}).Errors())

	t.Setenv("LEAKTEST", "baseline")
	assert.Contains(t, l.check(func(*faketb.TB) {}).Errors(), "is not a count", "a damaged file is not written")
	blocked := filepath.Join(l.file, "leaks.txt")
	assert.Contains(t, list{t, blocked}.check(func(*faketb.TB) {}).Errors(), "not a directory")

	b := leaktest.Snapshot(leaktest.Baseline(l.file))
	defer b.Close()
	assert.Contains(t, b.Diff().String(), "leaktest: Baseline is not for Snapshot, which knows no tests")
}

// A check does not wait long for leaks that are all known, and does not find out about them.
func TestBaselineOfKnownLeaksIsQuick(t *testing.T) {
	wholeReport(t)
	path := filepath.Join(t.TempDir(), "orders.csv")
	p := &ownProbe{}
	l := listOf(t, "TestShop  1  "+isStuck, "TestShop  1  fd file orders.csv", "TestShop  2  child process convert")
	tb := l.check(func(*faketb.TB) {
		faketb.Stuck(t, 1)
		f, err := os.Create(path)
		require.NoError(t, err)
		t.Cleanup(func() { f.Close() })
		p.leaks = []leaktest.Leak{{ID: "1", Origin: "convert"}, {ID: "2", Origin: "convert"}}
	}, leaktest.With(p), leaktest.Settle(time.Hour))
	assert.Empty(t, tb.Errors())
	assert.Zero(t, p.explained)
	l.check(func(*faketb.TB) { p.leaks = []leaktest.Leak{{ID: "1", Origin: "encode"}} }, leaktest.With(p))
	assert.Equal(t, 1, p.explained)
}

// Leaks of the user's own probe are known by their Origin.
func TestBaselineOfAnOwnProbe(t *testing.T) {
	wholeReport(t)
	p := &ownProbe{}
	l := listOf(t, "TestShop  1  child process started by  convert # SHOP-18")
	report := l.check(func(*faketb.TB) { p.leaks = []leaktest.Leak{{ID: "1", Origin: "encode\n 4"}, {ID: "2"}} }, leaktest.With(p)).Errors()
	assert.Contains(t, report, here+"  TestShop  1  child process encode 4\n")
	assert.Contains(t, report, here+"  TestShop  1  child process child\n")
	assert.Contains(t, report, "TestShop does not leak this any more: child process started by  convert")
}

type ownProbe struct {
	leaks     []leaktest.Leak
	explained int // calls of Explain
}

func (p *ownProbe) Kind() string                                  { return "child process" }
func (p *ownProbe) Start(leaktest.Scope) (leaktest.Watch, error)  { p.leaks = nil; return p, nil }
func (p *ownProbe) Grown() (leaks []leaktest.Leak, err error)     { return p.unit(), nil }
func (p *ownProbe) Explain(leaks []leaktest.Leak) []leaktest.Leak { p.explained++; return leaks }
func (p *ownProbe) Stop()                                         {}
func (p *ownProbe) unit() (leaks []leaktest.Leak) {
	for _, l := range p.leaks {
		l.Unit, l.Owned = "child", true
		l.Kind = p.Kind()
		leaks = append(leaks, l)
	}
	return leaks
}
