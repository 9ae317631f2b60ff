package probe

import (
	"bytes"
	"runtime"
	"time"
)

const (
	firstPause = time.Millisecond
	lastPause  = 100 * time.Millisecond
	// bubbleYields limits the wait in a synctest bubble. A sleep there would move the test's
	// clock, or never end while something does real IO.
	bubbleYields      = 1000
	bubbleCollections = 20
)

// Settle calls look until look returns false or limit has passed. The pauses between calls grow
// from 1 ms to 100 ms. The first call is immediate and the second follows a mere yield, so a clean
// check never sleeps.
func Settle(limit time.Duration, look func() (wait bool)) { settle(limit, bubbleYields, look) }

// SettleForced is like Settle for looks that run the garbage collector. In a bubble, where no time
// passes, it looks only a few times.
func SettleForced(limit time.Duration, look func() (wait bool)) {
	settle(limit, bubbleCollections, look)
}

func settle(limit time.Duration, yields int, look func() (wait bool)) {
	start := time.Now()
	if !look() || limit <= 0 {
		return
	}
	if InBubble() {
		for range yields {
			runtime.Gosched()
			if !look() {
				return
			}
		}
		return
	}
	runtime.Gosched()
	pause := firstPause
	for {
		began := time.Now()
		if !look() {
			return
		}
		left := limit - time.Since(start)
		if left <= 0 {
			return
		}
		// Rest as long as the look took: a look that stops the world for long must not use all the
		// time of a loaded program.
		time.Sleep(min(max(pause, time.Since(began)), left))
		pause = min(2*pause, lastPause)
	}
}

// InBubble reports whether the calling goroutine runs in a synctest bubble.
func InBubble() bool {
	var buf [256]byte
	header, _, _ := bytes.Cut(buf[:runtime.Stack(buf[:], false)], []byte{'\n'})
	return bytes.Contains(header, []byte(", synctest bubble "))
}
