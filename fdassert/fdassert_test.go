package fdassert_test

import (
	"flag"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/leakassert/leakassert/fdassert"
	"github.com/leakassert/leakassert/internal/faketb"
	"github.com/leakassert/leakassert/leaktest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var _ fdassert.TB = testing.TB(nil)

var update = flag.Bool("update", false, "rewrite the golden files")

var soon = fdassert.Settle(20 * time.Millisecond)

// create makes a file and leaves it open until the test is over.
func create(t *testing.T, path string) *os.File {
	t.Helper()
	f, err := os.Create(path)
	require.NoError(t, err)
	t.Cleanup(func() { f.Close() })
	return f
}

func TestNoLeak(t *testing.T) {
	dir := t.TempDir()
	f := faketb.New("T")
	assert.True(t, fdassert.NoLeak(f, func() {}))
	assert.True(t, fdassert.NoLeak(f, func() { create(t, filepath.Join(dir, "a")).Close() }))
	assert.Empty(t, f.Errors()+f.Logs())
	assert.False(t, fdassert.NoLeak(f, func() { create(t, filepath.Join(dir, "access.log")) }, soon))
	assert.Regexp(t, `^T leaked \(settled for 20ms\): 1 descriptor\n\nfd         \+1  \d+ `+dir+`/access.log  O_RDWR\n\n\+ open at the end, not at the start\. For openers: LEAKTEST=trace go test ./fdassert$`, f.Errors())
}

func TestCheck(t *testing.T) {
	f, _ := faketb.Run("T", func(f *faketb.TB) {
		fdassert.Check(f, soon)
		f.Cleanup(func() { create(t, filepath.Join(t.TempDir(), "late")) })
	})
	assert.Contains(t, f.Errors(), "T leaked (settled for 20ms): 1 descriptor")

	f, _ = faketb.Run("T", func(f *faketb.TB) { fdassert.Check(f); fdassert.Check(f) })
	assert.Equal(t, "fdassert: Check is called twice on T: leave the second call out, and give its options to the first", f.Errors())
	f, _ = faketb.Run("T", func(f *faketb.TB) { fdassert.Check(f); leaktest.Check(f) })
	assert.Empty(t, f.Errors(), "two packages may check one test")
}

// It is what a descriptor stands for that counts, not its number.
func TestNumberThatIsUsedAgain(t *testing.T) {
	dir := t.TempDir()
	old := create(t, filepath.Join(dir, "old"))
	var reused *os.File
	f := faketb.New("T")
	assert.False(t, fdassert.NoLeak(f, func() {
		number := old.Fd()
		old.Close()
		reused = create(t, filepath.Join(dir, "new"))
		require.Equal(t, number, reused.Fd())
	}, soon))
	assert.Contains(t, f.Errors(), "/new  O_RDWR")
}

func TestFileThatIsOpenedAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rotated")
	old := create(t, path)
	f := faketb.New("T")
	assert.True(t, fdassert.NoLeak(f, func() {
		again, err := os.Open(path)
		require.NoError(t, err)
		t.Cleanup(func() { again.Close() })
		old.Close()
	}))
	assert.Empty(t, f.Errors())
}

func TestEqualDescriptorsAreGrouped(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	f := faketb.New("T")
	assert.False(t, fdassert.NoLeak(f, func() {
		for range 12 {
			create(t, path)
		}
	}, soon))
	assert.Regexp(t, `T leaked \(settled for 20ms\): 12 descriptors\n\nfd         \+12  \d+, \d+, \d+, \d+, … `, f.Errors())
}

// Whatever a body leaves open it is one line, wherever the files lie.
func TestGrowthOfPlaces(t *testing.T) {
	f := faketb.New("T")
	assert.False(t, leaktest.NoGrowth(f, func() { create(t, filepath.Join(t.TempDir(), "wal.log")) }, leaktest.FDs(soon)))
	assert.Regexp(t, `\n\nfd         \+252  \d+ /\S+/wal.log, \d+ /\S+/wal.log, \d+ /\S+/wal.log, \d+ /\S+/wal.log, … file  O_RDWR\n    grows `, f.Errors())

	// One file at a time, and another next time, is no growth.
	var last *os.File
	f = faketb.New("T")
	assert.True(t, leaktest.NoGrowth(f, func() {
		last.Close()
		last = create(t, filepath.Join(t.TempDir(), "x"))
	}, leaktest.FDs(soon)), f.Errors())
}

// A socket's state is none of what it is known by.
func TestGrowthOfSocketsWhoseStateChanges(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			time.AfterFunc(30*time.Millisecond, func() { c.Close() })
		}
	}()
	f := faketb.New("T")
	assert.False(t, leaktest.NoGrowth(f, func() {
		c, err := net.Dial("tcp", l.Addr().String())
		require.NoError(t, err)
		t.Cleanup(func() { c.Close() })
	}, leaktest.FDs(fdassert.Settle(100*time.Millisecond))))
	assert.Regexp(t, `\n\nfd         \+\d{2,}  \d+ 127\.0\.0\.1:\d+ → 127\.0\.0\.1:\d+, `, f.Errors())
}

// Many of one sort share a line.
func TestManyAreOneLine(t *testing.T) {
	dir := t.TempDir()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	f := faketb.New("T")
	assert.False(t, fdassert.NoLeak(f, func() {
		for i := range 50 {
			client, err := net.Dial("tcp", l.Addr().String())
			require.NoError(t, err)
			t.Cleanup(func() { client.Close() })
			server, err := l.Accept()
			require.NoError(t, err)
			t.Cleanup(func() { server.Close() })
			create(t, filepath.Join(dir, strconv.Itoa(i)))
		}
	}, soon))
	golden(t, "many", f.Errors())
}

// A name can't write on the terminal.
func TestNamesAreQuoted(t *testing.T) {
	dir := t.TempDir()
	f := faketb.New("T")
	assert.False(t, fdassert.NoLeak(f, func() {
		create(t, filepath.Join(dir, "a\nb\x1b[31m"))
		l, err := net.Listen("unix", filepath.Join(dir, "s\nt"))
		require.NoError(t, err)
		t.Cleanup(func() { l.Close() })
	}, soon))
	assert.Contains(t, f.Errors(), `/a\nb\x1b[31m"  O_RDWR`)
	assert.Contains(t, f.Errors(), `/s\nt"  LISTEN`)
}

// A goroutine that is no test's renews what was open before: again and again
// while the check settles, or once.
func TestRenewed(t *testing.T) {
	dir := t.TempDir()
	for name, every := range map[string]time.Duration{"often": 30 * time.Millisecond, "once": time.Hour} {
		log := create(t, filepath.Join(dir, name))
		renew, renewed := make(chan bool), make(chan bool)
		go func() {
			defer close(renewed)
			tick := time.NewTicker(every)
			defer tick.Stop()
			for i := 0; ; i++ {
				asked, more := false, true
				select {
				case <-tick.C:
				case _, more = <-renew:
					asked = true
				}
				next, err := os.Create(filepath.Join(dir, name+strconv.Itoa(i)))
				assert.NoError(t, err)
				log.Close()
				if log = next; !more {
					log.Close()
					return
				}
				if asked {
					renewed <- true
				}
			}
		}()
		f := faketb.New("T")
		assert.True(t, fdassert.NoLeak(f, func() { renew <- true; <-renewed }), "%s: %s", name, f.Errors())
		f = faketb.New("T")
		assert.False(t, fdassert.NoLeak(f, func() {
			renew <- true
			<-renewed
			create(t, filepath.Join(dir, "leaked"))
		}, fdassert.Settle(100*time.Millisecond)), "one more than is gone")
		assert.Contains(t, f.Errors(), "/leaked  O_RDWR")
		close(renew)
		<-renewed
	}
}

func TestIgnore(t *testing.T) {
	dir := t.TempDir()
	open := func() {
		create(t, filepath.Join(dir, "a.log"))
		l, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		t.Cleanup(func() { l.Close() })
	}
	for _, c := range []struct {
		name string
		opts []fdassert.Option
		left string
	}{
		{"nothing", nil, "2 descriptors"},
		{"a base name, and sockets", []fdassert.Option{fdassert.IgnorePath("*.log"), fdassert.IgnoreSockets()}, ""},
		{"a path", []fdassert.Option{fdassert.IgnorePath(dir + "/?.log")}, "1 descriptor"},
		{"below a folder", []fdassert.Option{fdassert.IgnorePath(filepath.Dir(dir) + "/...")}, "1 descriptor"},
		{"another folder", []fdassert.Option{fdassert.IgnorePath("/nowhere/...")}, "2 descriptors"},
		{"kinds", []fdassert.Option{fdassert.IgnoreKind("tcp", fdassert.File)}, ""},
		{"by what it is", []fdassert.Option{fdassert.Ignore(func(d fdassert.FD) bool { return d.State == "LISTEN" })}, "1 descriptor"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := faketb.New("T")
			clean := fdassert.NoLeak(f, open, append(c.opts, soon)...)
			assert.Equal(t, c.left == "", clean)
			assert.Contains(t, f.Errors(), c.left)
			f = faketb.New("T")
			clean = leaktest.NoLeak(f, open, leaktest.FDs(append(c.opts, soon)...))
			assert.Equal(t, c.left == "", clean, "the same through leaktest")
		})
	}
}

// A filter of leaktest sees the same description.
func TestResource(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	f := faketb.New("T")
	assert.True(t, leaktest.NoLeak(f, func() { create(t, path) }, leaktest.Ignore(func(l leaktest.Leak) bool {
		d, ok := l.Resource.(fdassert.FD)
		return ok && d.Path == path && d.Kind == fdassert.File
	})), f.Errors())
}

func TestWrongOptions(t *testing.T) {
	for says, opt := range map[string]fdassert.Option{
		`fdassert: IgnorePath(""): the pattern is empty; write "/var/log/*.log"`:                                    fdassert.IgnorePath(""),
		`fdassert: IgnorePath("[a"): the pattern is malformed: a [ needs its ], and a \ needs a character after it`: fdassert.IgnorePath("[a"),
		`fdassert: IgnorePath("/..."): that would be every file; name a folder`:                                     fdassert.IgnorePath("/..."),
		`fdassert: an Option is nil: leave it out`:                                                                  nil,
		`fdassert: Settle(-1s): a time to wait can't be negative; 0 looks once`:                                     fdassert.Settle(-time.Second),
	} {
		f, _ := faketb.Run("T", func(f *faketb.TB) { fdassert.Check(f, opt) })
		assert.Equal(t, says, f.Errors())
		ran := false
		f = faketb.New("T")
		assert.False(t, leaktest.NoLeak(f, func() { ran = true }, leaktest.FDs(opt)))
		assert.Equal(t, says, f.Errors())
		assert.True(t, ran)
	}
	f, _ := faketb.Run("T", func(f *faketb.TB) { fdassert.Check(f, fdassert.IgnoreKind("sock")) })
	assert.Contains(t, f.Errors(), `fdassert: IgnoreKind("sock"): there is no such kind; the kinds are file, directory,`)
}

// Under LEAKTEST=trace each finding has the call that opened it.
func TestTrace(t *testing.T) {
	t.Setenv("LEAKTEST", "trace")
	dir := t.TempDir()
	var held []*os.File
	f := faketb.New("T")
	assert.False(t, fdassert.NoLeak(f, func() {
		for range 3 {
			held = append(held, openLog(t, dir))
		}
		l := listenHere(t)
		t.Cleanup(func() { l.Close() })
	}, soon))
	if strconv.IntSize == 32 {
		assert.Contains(t, f.Errors(), "    opener      not known: the runtime's records of live objects are not found: they are read where a word has 64 bits, its lowest byte first, and not on "+runtime.GOARCH+"\n")
		return
	}
	golden(t, "trace", f.Errors())
	runtime.KeepAlive(held)

	f = faketb.New("T")
	assert.False(t, fdassert.NoLeak(f, func() {
		held = append(held, openLog(t, dir), create(t, filepath.Join(dir, "other")))
	}, soon))
	assert.Contains(t, f.Errors(), "opened      fdassert_test.openLog")
	assert.Contains(t, f.Errors(), "opened      fdassert_test.create")
}

func openLog(t *testing.T, dir string) *os.File {
	f, err := os.OpenFile(filepath.Join(dir, "access.log"), os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	require.NoError(t, err)
	t.Cleanup(func() { f.Close() })
	return f
}

func listenHere(t *testing.T) net.Listener {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	return l
}

func TestList(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	file := create(t, path)
	list, err := fdassert.List()
	require.NoError(t, err)
	for _, d := range list {
		if d.Num == int(file.Fd()) {
			assert.Equal(t, path, d.Path)
			assert.EqualValues(t, "file", d.Kind)
			return
		}
	}
	t.Fatal("the file is not in the list")
}

func golden(t *testing.T, name, text string) {
	t.Helper()
	text = regexp.MustCompile(regexp.QuoteMeta(os.TempDir())+`/\w+/\d+`).ReplaceAllString(text, "DIR")
	text = regexp.MustCompile(`\+(\d+)  [\d, …]+ `).ReplaceAllString(text, "+$1  N ")
	text = regexp.MustCompile(`\d+ DIR/`).ReplaceAllString(text, "N DIR/")
	text = regexp.MustCompile(`127\.0\.0\.1:\d+`).ReplaceAllString(text, "127.0.0.1:PORT")
	text = regexp.MustCompile(`goroutine \d+`).ReplaceAllString(text, "goroutine N")
	file := filepath.Join("testdata", name+".txt")
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(file, []byte(text+"\n"), 0o644))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, string(want), text+"\n")
}

// A path that a report prints is accepted as printed: relative to the module.
func TestIgnorePathAsPrinted(t *testing.T) {
	leak := func() {
		f, err := os.Open("fdassert.go")
		require.NoError(t, err)
		t.Cleanup(func() { f.Close() })
	}
	f := faketb.New("T")
	fdassert.NoLeak(f, leak, soon)
	assert.Regexp(t, `fd         \+1  \d+ fdassert/fdassert.go  `, f.Errors())
	for pattern, ignored := range map[string]bool{"fdassert/fdassert.go": true, "fdassert/...": true, "fdassert/*.log": false, "assert/fdassert.go": false} {
		f := faketb.New("T")
		assert.Equal(t, ignored, fdassert.NoLeak(f, leak, soon, fdassert.IgnorePath(pattern)), pattern)
	}
}

func TestManyAtTheSameTime(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	create(t, path).Close()
	runs := 50
	if testing.Short() {
		runs = 5
	}
	for range runs {
		f := faketb.New("T")
		ok := fdassert.NoLeak(f, func() {
			var open sync.WaitGroup
			for range 200 {
				open.Go(func() {
					for range 50 {
						if file, err := os.Open(path); assert.NoError(t, err) {
							file.Close()
						}
					}
				})
			}
			open.Wait()
		})
		require.True(t, ok, f.Errors())
		require.Empty(t, f.Logs())
	}
}
