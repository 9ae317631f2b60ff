package fdassert_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"testing"
	"time"

	"github.com/leakassert/leakassert/fdassert"
	"github.com/leakassert/leakassert/internal/faketb"
	"github.com/leakassert/leakassert/leaktest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What only the collector closes is a leak of its own class.
func TestForgotten(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // what is closed in the body is another case
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
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	f := faketb.New("T")
	assert.False(t, fdassert.NoLeak(f, func() {
		for range 300 {
			_, _ = os.Open(path)
		}
	}, fdassert.Settle(time.Second)))
	assert.Contains(t, f.Errors(), "300 descriptors")
	assert.Contains(t, f.Errors(), "forgotten")
}

// The verdict is the same when a collection runs during the test.
func TestForgottenAndCollected(t *testing.T) {
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		t.Skip("what the collector closes is counted on linux/amd64")
	}
	path := filepath.Join(t.TempDir(), "x")
	create(t, path).Close()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	collect := func() {
		runtime.GC()
		runtime.GC()
		ran := make(chan bool)
		runtime.AddCleanup(new([16]byte), func(c chan bool) { close(c) }, ran)
		runtime.GC()
		<-ran
	}
	forget := map[string]func(){
		"files":       func() { _, _ = os.Open(path) },
		"pipes":       func() { _, _, _ = os.Pipe() },
		"roots":       func() { _, _ = os.OpenRoot(filepath.Dir(path)) },
		"connections": func() { _, _ = net.Dial("tcp", l.Addr().String()) },
		"listeners":   func() { _, _ = net.Listen("tcp", "127.0.0.1:0") },
	}
	for what, forget := range forget {
		collect()
		f := faketb.New("T")
		assert.False(t, fdassert.NoLeak(f, func() {
			for range 5 {
				forget()
			}
			collect()
		}), what)
		assert.Regexp(t, `^T leaked \(proven, not waited for\): \d+ descriptors\n\nfd         \+\d+  files or sockets\n    forgotten   closed only by the garbage collector\n`, f.Errors(), what)
		f = faketb.New("T")
		assert.True(t, fdassert.NoLeak(f, func() { forget(); collect() }, fdassert.AllowForgotten()), f.Errors())
	}
	collect()
	f := faketb.New("T")
	assert.False(t, leaktest.NoGrowth(f, func() { forget["files"](); runtime.GC() }, leaktest.FDs(soon)))
	assert.Contains(t, f.Errors(), "forgotten   closed only by the garbage collector")
	f = faketb.New("T")
	n := 0
	assert.False(t, leaktest.NoGrowth(f, func() {
		forget["files"]()
		if n++; n%20 == 0 {
			runtime.GC()
		}
	}, leaktest.FDs(soon)), "the collector runs now and then")
	collect()
	f = faketb.New("T")
	assert.True(t, fdassert.NoLeak(f, func() { forget["files"](); collect() }, fdassert.IgnorePath("*.log")), "it may be one that is ignored")

	// What was open before is not the test's.
	forget["pipes"]()
	f = faketb.New("T")
	assert.True(t, fdassert.NoLeak(f, collect), f.Errors())
}

// What is closed properly is not forgotten, however often the collector runs.
func TestClosedAndCollected(t *testing.T) {
	dir := t.TempDir()
	f := faketb.New("T")
	assert.True(t, leaktest.NoLeak(f, func() {
		for range 20 {
			s := httptest.NewServer(http.NotFoundHandler())
			resp, err := http.Get(s.URL)
			require.NoError(t, err)
			resp.Body.Close()
			s.Close()
			r, w, err := os.Pipe()
			require.NoError(t, err)
			r.Close()
			w.Close()
			create(t, filepath.Join(dir, "x")).Close()
			_, _ = exec.Command(os.Args[0], "-test.run=^$").CombinedOutput()
			_, _ = os.ReadDir(dir)
			_ = os.RemoveAll(filepath.Join(dir, "x"))
			runtime.GC()
		}
	}), f.Errors())
	assert.Empty(t, f.Errors()+f.Logs())
}

// What a goroutine closes while the collector runs was not forgotten.
func TestClosedDuringTheCollection(t *testing.T) {
	for range 20 {
		var file *os.File
		f := faketb.New("T")
		fdassert.NoLeak(f, func() {
			file = create(t, filepath.Join(t.TempDir(), "x"))
			time.AfterFunc(2*time.Millisecond, func() { file.Close() })
		}, fdassert.Settle(0))
		assert.NotContains(t, f.Errors(), "forgotten")
	}
}
