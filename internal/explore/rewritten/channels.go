package rewritten

import (
	"fmt"
	"sync"
	"time"
)

// timeout waits for an answer or not; the broken form's answer has nowhere to
// go when nobody waits any more.
func timeout(broken bool) Program {
	size := 1
	if broken {
		size = 0
	}
	answer := make(chan int, size)
	late := make(chan struct{})
	return Program{Tasks: []func(){
		func() {
			leakassert_go(func() { leakassert_sendto(answer, 3101)(42) }, 3102)
			switch c0, c1 := leakassert_receivecase(answer), leakassert_receivecase(late); leakassert_select(3103, false, c0, c1) {
			case 0:
				if v, ok := c0.received2(); v != 42 || !ok {
					panic(fmt.Sprint("received ", v, ok))
				}
			case 1:
				if _, ok := c1.received2(); ok {
					panic("received from a closed channel")
				}
			}
		},
		func() { leakassert_close(late, 3104) },
	}}
}

// slots are taken by sending; the broken form looks first whether there is one.
func slots(broken bool) Program {
	c := make(chan int, 1)
	task := func() {
		if broken {
			leakassert_at(new(int64), 3200, 65)
			if len(c) < cap(c) {
				leakassert_sendto(c, 3201)(1)
			}
			return
		}
		switch c0 := leakassert_sendcase(c)(1); leakassert_select(3202, true, c0) {
		case 0, -1:
		}
	}
	return Program{Tasks: []func(){task, task}}
}

// quit ends a receiver; the broken form drops what is still in the channel.
func quit(broken bool) Program {
	items, stop := make(chan int, 2), make(chan bool)
	got := 0
	return Program{
		Tasks: []func(){
			func() {
				leakassert_sendto(items, 3301)(1)
				leakassert_sendto(items, 3302)(2)
				leakassert_close(items, 3303)
				leakassert_close(stop, 3304)
			},
			func() {
				for {
					switch c0, c1 := leakassert_receivecase(items), leakassert_receivecase(stop); leakassert_select(3305, false, c0, c1) {
					case 0:
						v, ok := c0.received2()
						if !ok {
							return
						}
						got += v
					case 1:
						if !broken {
							for r, v := leakassert_over(items, 3306); r.next(&v); {
								got += v
							}
						}
						return
					}
				}
			},
		},
		After: func() string {
			if got != 3 {
				return fmt.Sprintf("%d of 3 were lost", 3-got)
			}
			return ""
		},
	}
}

func closeTwice(broken bool) Program {
	c := make(chan int)
	closed := make(chan bool, 1)
	leakassert_sendto(closed, 3400)(false)
	task := func() {
		done := leakassert_receive(closed, 3401)
		if broken {
			leakassert_sendto(closed, 3402)(done)
		}
		if !done {
			leakassert_close(c, 3403)
		}
		if broken {
			leakassert_receive(closed, 3404)
		}
		leakassert_sendto(closed, 3405)(true)
	}
	return Program{Tasks: []func(){task, task}}
}

// PingPong sends n values there and back over unbuffered channels, of an interface type with nil among them.
func PingPong(n int) Program {
	there, back := make(chan any), make(chan any)
	return Program{Tasks: []func(){
		func() {
			for i := range n {
				var v any = i
				if i%2 == 1 {
					v = nil
				}
				leakassert_sendto(there, 3501)(v)
				if got := leakassert_receive(back, 3502); got != v {
					panic(fmt.Sprint("got ", got, ", want ", v))
				}
			}
			leakassert_close(there, 3503)
		},
		func() {
			for r, v := leakassert_over(there, 3504); r.next(&v); {
				leakassert_sendto(back, 3505)(v)
			}
		},
	}}
}

// Selects has two senders and a receiver that all select over unbuffered channels.
func Selects() Program {
	a, b := make(chan int), make(chan int)
	sum := 0
	send := func(v int) func() {
		return func() {
			c0, c1 := leakassert_sendcase(a)(v), leakassert_sendcase(b)(10*v)
			leakassert_select(3601, false, c0, c1)
		}
	}
	return Program{
		Tasks: []func(){send(1), send(2), func() {
			for range 2 {
				switch c0, c1 := leakassert_receivecase(a), leakassert_receivecase(b); leakassert_select(3602, false, c0, c1) {
				case 0:
					sum += c0.received()
				case 1:
					sum += c1.received()
				}
			}
		}},
		After: func() string { return fmt.Sprint(sum) },
	}
}

// NilChannel waits for ever.
func NilChannel() Program {
	var c chan int
	return Program{Tasks: []func(){func() { leakassert_receive(c, 3701) }}}
}

// Sleepers append to what they return in the order in which they wake.
func Sleepers() Program {
	var mu sync.Mutex // not announced: it is the test's own
	var order []int
	sleep := func(d time.Duration, i int) func() {
		return func() {
			leakassert_Sleep(d, 3801)
			mu.Lock()
			order = append(order, i)
			mu.Unlock()
		}
	}
	return Program{
		Tasks: []func(){sleep(3*time.Hour, 3), sleep(time.Hour, 1), sleep(2*time.Hour, 2)},
		After: func() string { return fmt.Sprint(order) },
	}
}

// Timers uses every timer of package time and returns what they did.
func Timers() Program {
	var mu sync.Mutex // not announced: it is the test's own
	var said []string
	say := func(a ...any) {
		mu.Lock()
		defer mu.Unlock()
		said = append(said, fmt.Sprint(a...))
	}
	return Program{
		Tasks: []func(){func() {
			start := leakassert_Now(3901)
			stopped := leakassert_NewTimer(time.Minute, 3902)
			say(leakassert_TimerStop(stopped, 3903), leakassert_TimerStop(stopped, 3904))
			leakassert_AfterFunc(2*time.Second, func() { say("func") }, 3905)
			ticker := leakassert_NewTicker(time.Second, 3906)
			for range 3 {
				leakassert_receive(ticker.C, 3907)
				say("tick ", leakassert_Since(start, 3908).Round(time.Second))
			}
			leakassert_TickerStop(ticker, 3909)
			leakassert_receive(leakassert_After(time.Hour, 3910), 3911)
			timer := leakassert_NewTimer(time.Second, 3912)
			say(leakassert_TimerReset(timer, time.Hour, 3913))
			leakassert_receive(timer.C, 3914)
			say(leakassert_Since(start, 3915).Round(time.Second))
		}},
		After: func() string { return fmt.Sprint(said) },
	}
}

// Janitor is a goroutine that nothing stops.
func Janitor() Program {
	return Program{
		Setup: func() {
			leakassert_go(func() {
				ticker := leakassert_NewTicker(time.Minute, 4001)
				for r, _ := leakassert_over(ticker.C, 4002); r.next(nil); {
				}
			}, 4003)
		},
		Tasks: []func(){func() { leakassert_Gosched(4004) }},
	}
}

// Receive receives from c.
func Receive(c <-chan int) int { return leakassert_receive(c, 4101) }
