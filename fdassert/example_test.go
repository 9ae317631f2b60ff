package fdassert_test

import (
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/leakassert/leakassert/fdassert"
	"github.com/leakassert/leakassert/internal/faketb"
)

// The examples run outside of go test: t plays the test.
var t = faketb.New("TestOrders")

// verdict is what the helpers have said to t.
func verdict() string {
	defer func() { t = faketb.New("TestOrders") }()
	if !t.Failed() {
		return "ok"
	}
	first, _, _ := strings.Cut(t.Errors(), "\n")
	return first
}

func ExampleCheck() {
	// func TestOrders(t *testing.T) {
	fdassert.Check(t)
	f, _ := os.Open(os.DevNull)
	f.Close() // without this line the test fails
	// }

	t.End()
	fmt.Println(verdict())
	// Output: ok
}

func ExampleNoLeak() {
	var f *os.File
	fdassert.NoLeak(t, func() {
		f, _ = os.Open(os.DevNull)
	}, fdassert.Settle(0))
	f.Close()
	fmt.Println(verdict())
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
}

func ExampleIgnorePath() {
	fdassert.NoLeak(t, func() {}, fdassert.IgnorePath("/var/cache/fontconfig/..."), fdassert.IgnorePath("*.lock"))
	fmt.Println(verdict())
	// Output: ok
}

func ExampleIgnoreKind() {
	fdassert.NoLeak(t, func() {}, fdassert.IgnoreKind("inotify", "memfd"))
	fmt.Println(verdict())
	// Output: ok
}

func ExampleIgnoreSockets() {
	fdassert.NoLeak(t, func() {}, fdassert.IgnoreSockets())
	fmt.Println(verdict())
	// Output: ok
}

func ExampleIgnore() {
	fdassert.NoLeak(t, func() {}, fdassert.Ignore(func(d fdassert.FD) bool { return d.State == "TIME_WAIT" }))
	fmt.Println(verdict())
	// Output: ok
}

func ExampleAllowForgotten() {
	fdassert.NoLeak(t, func() {
		_, _ = os.Open(os.DevNull) // nobody closes it but the garbage collector
	}, fdassert.AllowForgotten())
	fmt.Println(verdict())
	// Output: ok
}

func ExampleSettle() {
	f, _ := os.Open(os.DevNull)
	fdassert.NoLeak(t, func() {
		time.AfterFunc(5*time.Millisecond, func() { f.Close() })
	}, fdassert.Settle(10*time.Second)) // waits only as long as it has to
	fmt.Println(verdict())
	// Output: ok
}
