// Package semantics prints what its statements do, so that a test can compare it with and without rewriting. It compiles as Go 1.13.
package semantics

import (
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

func say(args ...interface{}) { fmt.Println(append([]interface{}{"SAME"}, args...)...) }

func full(n int) chan int {
	c := make(chan int, n)
	for i := 0; i < n; i++ {
		c <- i
	}
	close(c)
	return c
}

func TestLoopVariables(t *testing.T) {
	var fs []func() int
	for v := range full(3) {
		fs = append(fs, func() int { v++; return v })
	}
	say("range", fs[0](), fs[1](), fs[2](), fs[0]())
	var v int
	for v = range full(3) {
	}
	say("assigned", v)
	list := make([]int, 2)
	at := 0
	for list[at] = range full(4) {
		at = 1 - at
	}
	say("element", list)
outer:
	for a := range full(3) {
		for b := range full(3) {
			if b == 1 {
				continue outer
			}
			if a == 2 {
				break outer
			}
			say("labels", a, b)
		}
	}
}

func TestGoArguments(t *testing.T) {
	out := make(chan string)
	for i := 0; i < 3; i++ {
		go func(i int) { out <- fmt.Sprint("argument ", i) }(i)
		say(<-out)
	}
	x := 1
	f := func(a int, s ...string) { out <- fmt.Sprint("f ", a, s) }
	go f(x, "a", fmt.Sprint(x))
	x, f = 2, nil
	say(<-out)
	t1 := &thing{name: "one", out: out}
	go t1.tell(x)
	t1 = &thing{name: "two", out: out}
	x = 3
	say(<-out)
	go two(pair(out))
	say(<-out)
}

type thing struct {
	name string
	out  chan string
}

func (t *thing) tell(x int) { t.out <- fmt.Sprint(t.name, x) }

func pair(c chan string) (chan string, int) { return c, 5 }

func two(c chan string, n int) { c <- fmt.Sprint("two ", n) }

func TestOrder(t *testing.T) {
	var log []string
	n := new(int64)
	at := func(name string) *int64 { log = append(log, name); return n }
	value := func(name string, v int64) int64 { log = append(log, name); return v }
	atomic.StoreInt64(at("address"), value("value", 4)+atomic.AddInt64(at("second address"), value("delta", 1)))
	say("order", log, *n)
	chans := map[string]chan int{"a": make(chan int, 1), "b": make(chan int, 1)}
	channel := func(name string) chan int { log = append(log, name); return chans[name] }
	log = nil
	channel("a") <- int(value("sent", 1))
	select {
	case channel("b") <- int(value("b's value", 2)):
	case v, ok := <-channel("none"):
		say("impossible", v, ok)
	}
	say("order", log, <-channel("a"), <-channel("b"))
}

func TestSelect(t *testing.T) {
	c, closed := make(chan int, 1), full(0)
	for i := 0; i < 4; i++ {
		select {
		case c <- i:
			say("sent", i)
			continue
		default:
			say("default", i)
			if i == 2 {
				break
			}
			<-c
		}
		say("after", i)
	}
	tries := 0
again:
	select {
	case v, ok := <-closed:
		say("closed", v, ok)
		if tries++; tries < 3 {
			goto again
		}
		break again
	}
	say("chosen", choose(c, nil), tries)
	defer func() {
		say("recovered", recover())
		_, _, line, _ := runtime.Caller(0)
		say("line", line)
	}()
	select {
	case closed <- 1:
	}
}

func choose(a, b chan int) (v int) {
	select {
	case a <- 7:
		return 1
	case v = <-a:
		return 10 + v
	case b <- 1:
		panic("nil")
	}
}

func TestDefer(t *testing.T) {
	var n int64
	var m sync.Mutex
	func() {
		m.Lock()
		defer m.Unlock()
		p := &n
		defer atomic.StoreInt64(p, atomic.AddInt64(p, 1)+10)
		p = new(int64)
		defer func() { n += 100; say("deferred", n) }()
	}()
	m.Lock()
	say("afterwards", n)
	defer func() {
		text := fmt.Sprint(recover())
		say("recovered", strings.Contains(text, "close of nil channel"))
	}()
	var none chan int
	defer close(none)
}
