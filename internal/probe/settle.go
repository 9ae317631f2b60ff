package probe

import (
	"bytes"
	"runtime"
	"time"
)

// DefaultSettle is how long a failing check waits for what is on its way out.
const DefaultSettle = 2 * time.Second

const (
	firstPause = time.Millisecond
	lastPause  = 100 * time.Millisecond
	// bubbleYields bounds the wait inside a synctest bubble, where sleeping
	// would move the test's clock, or never end while something does real IO.
	bubbleYields      = 1000
	bubbleCollections = 20
)

// Settle calls look until it reports that nothing is left to wait for or limit
// has passed, with pauses that grow from 1 ms to 100 ms. The first look is at
// once and the second after a mere yield, so a clean check never sleeps.
func Settle(limit time.Duration, look func() (wait bool)) { settle(limit, bubbleYields, look) }

// SettleForced is Settle for looks that run the garbage collector: in a bubble,
// where there is no time to go by, there are few of them.
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
		// A look that stops the world for long must not fill the time of a
		// loaded program: rest as long as it took.
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
