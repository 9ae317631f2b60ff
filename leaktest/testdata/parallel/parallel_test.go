// Package parallel is a test binary for the tests of leaktest: of its 24
// parallel tests the six whose number is a multiple of four leak.
package parallel

import (
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/leakassert/leakassert/leaktest"
)

// PARALLEL says how the tests are watched: by Main, by Check before or after
// t.Parallel.
var mode = os.Getenv("PARALLEL")

func TestMain(m *testing.M) {
	if mode == "main" {
		leaktest.Main(m, leaktest.Settle(300*time.Millisecond))
	}
	os.Exit(m.Run())
}

var never = make(chan struct{})

func run(t *testing.T, n int) {
	if strings.HasPrefix(mode, "before") {
		leaktest.Check(t, leaktest.Settle(300*time.Millisecond))
	}
	t.Parallel()
	if strings.HasPrefix(mode, "after") {
		leaktest.Check(t, leaktest.Settle(300*time.Millisecond))
	}
	for range 5 {
		var work sync.WaitGroup
		for range 10 {
			work.Go(func() { time.Sleep(time.Millisecond) })
		}
		time.AfterFunc(time.Millisecond, func() { time.Sleep(time.Millisecond) })
		work.Wait()
	}
	if n%4 == 0 {
		ready := make(chan struct{})
		go func() { close(ready); <-never }()
		<-ready
	}
	go func() { time.Sleep(5 * time.Millisecond) }() // on its way out when the test ends
}

func Test01(t *testing.T) { run(t, 1) }
func Test02(t *testing.T) { run(t, 2) }
func Test03(t *testing.T) { run(t, 3) }
func Test04(t *testing.T) { run(t, 4) }
func Test05(t *testing.T) { run(t, 5) }
func Test06(t *testing.T) { run(t, 6) }
func Test07(t *testing.T) { run(t, 7) }
func Test08(t *testing.T) { run(t, 8) }
func Test09(t *testing.T) { run(t, 9) }
func Test10(t *testing.T) { run(t, 10) }
func Test11(t *testing.T) { run(t, 11) }
func Test12(t *testing.T) { run(t, 12) }
func Test13(t *testing.T) { run(t, 13) }
func Test14(t *testing.T) { run(t, 14) }
func Test15(t *testing.T) { run(t, 15) }
func Test16(t *testing.T) { run(t, 16) }
func Test17(t *testing.T) { run(t, 17) }
func Test18(t *testing.T) { run(t, 18) }
func Test19(t *testing.T) { run(t, 19) }
func Test20(t *testing.T) { run(t, 20) }
func Test21(t *testing.T) { run(t, 21) }
func Test22(t *testing.T) { run(t, 22) }
func Test23(t *testing.T) { run(t, 23) }
func Test24(t *testing.T) { run(t, 24) }
