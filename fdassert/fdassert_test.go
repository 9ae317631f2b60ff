package fdassert_test

import (
	"flag"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
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
	assert.Regexp(t, `^T leaked \(settled for 20ms\): 1 descriptor\n\nfd         \+1  \d+ `+dir+`/access.log  O_RDWR\n\n\+ .*; LEAKTEST=trace shows who opened descriptors$`, f.Errors())
}

func TestCheck(t *testing.T) {
	f, _ := faketb.Run("T", func(f *faketb.TB) {
		fdassert.Check(f, soon)
		f.Cleanup(func() { create(t, filepath.Join(t.TempDir(), "late")) })
	})
	assert.Contains(t, f.Errors(), "T leaked (settled for 20ms): 1 descriptor")

	f, _ = faketb.Run("T", func(f *faketb.TB) { fdassert.Check(f); fdassert.Check(f) })
	assert.Equal(t, "fdassert: Check is called twice on T: leave the second call out, its options can go to the first", f.Errors())
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

// What only the collector closes is a leak of its own class.
func TestForgotten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	create(t, path).Close()
	forget := func() {
		for range 50 {
			_, _ = os.Open(path)
		}
	}
	f := faketb.New("T")
	assert.False(t, fdassert.NoLeak(f, forget, soon))
	assert.Contains(t, f.Errors(), "T leaked (settled for 20ms): 50 descriptors")
	assert.Contains(t, f.Errors(), "forgotten   closed only by the garbage collector")

	f = faketb.New("T")
	assert.True(t, fdassert.NoLeak(f, forget, fdassert.AllowForgotten()), f.Errors())
	assert.False(t, fdassert.NoLeak(f, func() { create(t, path) }, soon, fdassert.AllowForgotten()))
}

// However many there are: looking must not make the collector run.
func TestManyForgotten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	create(t, path).Close()
	runtime.GC() // so that the body does not
	f := faketb.New("T")
	assert.False(t, fdassert.NoLeak(f, func() {
		for range 300 {
			_, _ = os.Open(path)
		}
	}, fdassert.Settle(time.Second)))
	assert.Contains(t, f.Errors(), "300 descriptors")
	assert.Contains(t, f.Errors(), "forgotten")
}

// The pipes that the runtime keeps for copying between connections.
func TestProxy(t *testing.T) {
	f := faketb.New("T")
	assert.True(t, leaktest.NoLeak(f, func() {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		defer l.Close()
		pair := func() (client, server net.Conn) {
			client, err := net.Dial("tcp", l.Addr().String())
			require.NoError(t, err)
			server, err = l.Accept()
			require.NoError(t, err)
			return client, server
		}
		a, from := pair()
		to, b := pair()
		var copying sync.WaitGroup
		copying.Go(func() { _, _ = io.Copy(to, from); to.Close() })
		_, _ = a.Write(make([]byte, 1<<16))
		a.Close()
		_, _ = io.Copy(io.Discard, b)
		copying.Wait()
		b.Close()
		from.Close()
	}), f.Errors())
}

// Connections that the default client keeps, when only descriptors are watched.
func TestDefaultClient(t *testing.T) {
	s := httptest.NewServer(http.NotFoundHandler())
	defer s.Close()
	f := faketb.New("T")
	assert.True(t, fdassert.NoLeak(f, func() {
		resp, err := http.Get(s.URL)
		require.NoError(t, err)
		_, _ = io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
	}), f.Errors())
}

func TestSockets(t *testing.T) {
	f := faketb.New("T")
	assert.False(t, fdassert.NoLeak(f, func() {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		t.Cleanup(func() { l.Close() })
		client, err := net.Dial("tcp", l.Addr().String())
		require.NoError(t, err)
		t.Cleanup(func() { client.Close() })
		server, err := l.Accept()
		require.NoError(t, err)
		t.Cleanup(func() { server.Close() })
		client.(*net.TCPConn).CloseWrite()
		_, _ = server.Read(make([]byte, 1))
	}, soon))
	assert.Contains(t, f.Errors(), "3 descriptors")
	assert.Regexp(t, `tcp  127\.0\.0\.1:\d+  LISTEN`, f.Errors())
	assert.Regexp(t, `tcp  127\.0\.0\.1:\d+ → 127\.0\.0\.1:\d+  CLOSE_WAIT`, f.Errors())
	assert.Regexp(t, `tcp  127\.0\.0\.1:\d+ → 127\.0\.0\.1:\d+  FIN_WAIT2`, f.Errors())
}

// What is closed properly is no leak, although its ends go one after the other.
func TestServerAndClient(t *testing.T) {
	for range 20 {
		f := faketb.New("T")
		assert.True(t, leaktest.NoLeak(f, func() {
			s := httptest.NewServer(http.NotFoundHandler())
			defer s.Close()
			for range 5 {
				resp, err := http.Get(s.URL)
				require.NoError(t, err)
				_, _ = io.Copy(io.Discard, resp.Body)
				resp.Body.Close()
			}
		}), f.Errors())
		assert.Empty(t, f.Errors()+f.Logs())
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
		{"kinds", []fdassert.Option{fdassert.IgnoreKind("tcp", "file")}, ""},
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

func TestWrongOptions(t *testing.T) {
	for says, opt := range map[string]fdassert.Option{
		`fdassert: IgnorePath(""): the pattern is empty; write "/var/log/*.log"`:                           fdassert.IgnorePath(""),
		`fdassert: IgnorePath("[a"): the pattern is malformed: a [ needs its ], and \ something to escape`: fdassert.IgnorePath("[a"),
		`fdassert: IgnorePath("/..."): that would be every file; name a folder`:                            fdassert.IgnorePath("/..."),
		`fdassert: an Option is nil: leave it out`:                                                         nil,
		`fdassert: Settle(-1s): a time to wait can't be negative; 0 looks once`:                            fdassert.Settle(-time.Second),
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
	assert.Contains(t, f.Errors(), `fdassert: IgnoreKind("sock"): no such kind; there are file, directory,`)
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
	golden(t, "trace", f.Errors())
	runtime.KeepAlive(held)

	f = faketb.New("T")
	assert.False(t, fdassert.NoLeak(f, func() {
		held = append(held, openLog(t, dir), create(t, filepath.Join(dir, "other")))
	}, soon))
	assert.Contains(t, f.Errors(), "candidate   1×  fdassert_test.openLog")
	assert.Contains(t, f.Errors(), "candidate   1×  fdassert_test.create")
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
	text = regexp.MustCompile(`127\.0\.0\.1:\d+`).ReplaceAllString(text, "127.0.0.1:PORT")
	file := filepath.Join("testdata", name+".txt")
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(file, []byte(text+"\n"), 0o644))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, string(want), text+"\n")
}
