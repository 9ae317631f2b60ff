//go:build amd64 || arm64

package leaktest_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/leakassert/leakassert/internal/faketb"
	"github.com/leakassert/leakassert/internal/goprobe"
	"github.com/leakassert/leakassert/leaktest"
	"github.com/stretchr/testify/assert"
)

// replies has a channel for each request.
var replies = make(map[string]chan int)

// What leaked goroutines wait on is told with trace by the names of variables, and without it as far
// as that costs little. Goroutines of one place are one finding, whatever each waits for.
func TestWhatGoroutinesWaitOn(t *testing.T) {
	request := func() {
		for i := range 3 {
			reply := make(chan int)
			replies[fmt.Sprint("request ", i)] = reply
			go func() { <-reply }()
		}
	}
	answer := func() {
		for _, reply := range replies {
			close(reply)
		}
		clear(replies)
	}
	for _, c := range []struct {
		env  string
		body func()
		want []string
		end  func()
	}{
		{"trace", request, []string{"goroutine  +3  chan receive", `waits on    chan int, held by leaktest_test.replies[…]`}, answer},
		{"symbols=off", request, []string{"goroutine  +3  chan receive", `waits on    chan int, held by a package variable`}, answer},
		{"symbols=off", func() { go func() { select {} }() },
			[]string{"proven      nothing that is reachable can wake it", "waits on    nothing, for ever"}, func() {}},
		{"symbols=off", func() {
			var nothing chan int
			go func() { nothing <- 1 }()
		}, []string{"proven      nothing that is reachable can wake it", "waits on    a nil channel, for ever"}, func() {}},
		{"symbols=off", func() {
			go func() {
				cond := sync.NewCond(new(sync.Mutex))
				cond.L.Lock()
				cond.Wait()
			}()
		}, []string{"proven      nothing that is reachable can wake it", "waits on    sync.Cond, to which nobody else refers"}, func() {}},
	} {
		t.Setenv("LEAKTEST", c.env)
		goprobe.LookAgain()
		f := faketb.New("T")
		leaktest.NoLeak(f, c.body, leaktest.Only(leaktest.KindGoroutine), soon)
		for _, want := range c.want {
			assert.Contains(t, f.Errors(), want)
		}
		assert.Equal(t, 1, strings.Count(f.Errors(), "waits on"), f.Errors())
		c.end()
	}
}
