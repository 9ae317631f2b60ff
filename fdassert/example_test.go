package fdassert_test

import (
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/leakassert/leakassert/fdassert"
)

// The examples run outside of go test, so t is not a test's: it prints the first line of the
// report of a failing check. In a test, use the test's own t.
var t = &printer{}

type printer struct{ cleanups []func() }

func (*printer) Helper()             {}
func (*printer) Name() string        { return "TestOrders" }
func (*printer) Failed() bool        { return false }
func (*printer) Logf(string, ...any) {}
func (t *printer) Cleanup(f func())  { t.cleanups = append(t.cleanups, f) }

func (*printer) Errorf(format string, args ...any) {
	line, _, _ := strings.Cut(fmt.Sprintf(format, args...), "\n")
	fmt.Println(line)
}

// end plays the end of a test: the cleanups run.
func (t *printer) end() {
	for len(t.cleanups) > 0 {
		last := len(t.cleanups) - 1
		cleanup := t.cleanups[last]
		t.cleanups = t.cleanups[:last]
		cleanup()
	}
}

func ExampleCheck() {
	// func TestOrders(t *testing.T) {
	fdassert.Check(t)
	f, _ := os.Open(os.DevNull)
	f.Close() // without this line the test fails
	// }

	t.end()
	// Output:
}

func ExampleNoLeak() {
	var f *os.File
	fdassert.NoLeak(t, func() {
		f, _ = os.Open(os.DevNull)
	}, fdassert.Settle(0))
	f.Close()
	// Output: TestOrders leaked: 1 descriptor
}

func ExampleList() {
	f, _ := os.Open(os.DevNull)
	defer f.Close()
	list, _ := fdassert.List()
	for _, d := range list {
		if d.Num == int(f.Fd()) {
			fmt.Println(d.Kind, d.Path, d.Flags)
		}
	}
	// Output: device /dev/null O_RDONLY
}

func ExampleIgnorePath() {
	fdassert.NoLeak(t, func() {}, fdassert.IgnorePath("/var/cache/fontconfig/..."), fdassert.IgnorePath("*.lock"))
	// Output:
}

func ExampleIgnoreKind() {
	fdassert.NoLeak(t, func() {}, fdassert.IgnoreKind(fdassert.Inotify, fdassert.Memfd))
	// Output:
}

func ExampleIgnoreSockets() {
	fdassert.NoLeak(t, func() {}, fdassert.IgnoreSockets())
	// Output:
}

func ExampleIgnore() {
	fdassert.NoLeak(t, func() {}, fdassert.Ignore(func(d fdassert.FD) bool { return d.State == "TIME_WAIT" }))
	// Output:
}

func ExampleAllowForgotten() {
	fdassert.NoLeak(t, func() {
		_, _ = os.Open(os.DevNull) // nobody closes it but the garbage collector
	}, fdassert.AllowForgotten())
	// Output:
}

func ExampleSettle() {
	f, _ := os.Open(os.DevNull)
	fdassert.NoLeak(t, func() {
		time.AfterFunc(5*time.Millisecond, func() { f.Close() })
	}, fdassert.Settle(10*time.Second)) // waits only as long as it has to
	// Output:
}

func ExampleFD() {
	f, _ := os.Open(os.DevNull)
	defer f.Close()
	list, _ := fdassert.List()
	for _, d := range list {
		if d.Num == int(f.Fd()) {
			fmt.Println(d.Kind, d.Path)
		}
	}
	// Output: device /dev/null
}

func ExampleKind() {
	r, w, _ := os.Pipe()
	defer r.Close()
	defer w.Close()
	pipes := 0
	list, _ := fdassert.List()
	for _, d := range list {
		if d.Kind == fdassert.Pipe {
			pipes++
		}
	}
	fmt.Println(pipes >= 2)
	// Output: true
}

// Options that several checks need go into a variable.
func ExampleOption() {
	known := []fdassert.Option{fdassert.IgnorePath("*.lock"), fdassert.IgnoreKind(fdassert.Inotify)}
	fdassert.NoLeak(t, func() {}, known...)
	// Output:
}

// A helper that takes a TB can be called with any test's t.
func ExampleTB() {
	checked := func(t fdassert.TB) { fdassert.Check(t) }
	checked(t)
	t.end()
	// Output:
}
