package goroutine

import (
	"runtime"
	"sync"
)

const (
	minBuffer = 64 << 10
	maxBuffer = 1 << 30

	// typicalText is what a goroutine with a handful of frames takes. With it
	// the first dump of most programs fits; where stacks are deeper, the dump
	// itself tells what they take.
	typicalText = 512
)

// buffer is the one buffer for all dumps. It is kept, because a check that
// made a new one at its end would fill the heap that another check measures.
var buffer struct {
	sync.Mutex
	bytes []byte
}

// Dump calls f with the stacks of all goroutines, pprof labels included. The
// text is valid until f returns: f must copy what it keeps, as [Record.Parse]
// does.
//
// A call stops the world once, and once more in the rare case that the text
// did not fit into the buffer, which is kept between calls. A text of more than
// 1 GiB is cut off there.
//
// Calls run one after the other, f included, so f must not call Dump. For
// labels, Dump adds tracebacklabels=1 to GODEBUG for as long as it takes to read
// the stacks; the old value is back when f is called.
func Dump(f func(text []byte)) {
	buffer.Lock()
	defer buffer.Unlock()

	size := max(minBuffer, enough(live(), typicalText))
	var text []byte
	withLabels(func() {
		for {
			if len(buffer.bytes) < size {
				text, buffer.bytes = nil, nil // the old can go before the new comes
				buffer.bytes = make([]byte, size)
			}
			// runtime.Stack does not tell whether it left something out, only
			// how much it wrote.
			text = buffer.bytes[:runtime.Stack(buffer.bytes, true)]
			if len(text) < len(buffer.bytes) || len(text) >= maxBuffer {
				return
			}
			size = grown(text, live())
		}
	})
	f(text)
}

// grown is the size to try next, after text has filled its buffer: what all
// live goroutines need if they are like those that text holds, and at least
// twice as much as it was, since they need not be.
func grown(text []byte, live uint64) int {
	held := uint64(0)
	for range Records(text) {
		held++
	}
	size := min(2*len(text), maxBuffer)
	if held > 0 {
		size = max(size, enough(live, uint64(len(text))/held+1))
	}
	return size
}

// enough is the size for that many goroutines of that much text each, and a
// quarter to spare: some start while others are counted.
func enough(goroutines, text uint64) int {
	const most = maxBuffer * 4 / 5
	if goroutines > most/text {
		return maxBuffer
	}
	return int(goroutines * text / 4 * 5)
}

// live is how many goroutines exist.
func live() uint64 {
	if _, n, ok := Counts(); ok {
		return n
	}
	return uint64(runtime.NumGoroutine())
}
