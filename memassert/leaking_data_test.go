package memassert_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
)

var errTemporary = errors.New("temporary")

// What these bodies keep, they keep in variables of the program.
var kept struct {
	mu         sync.Mutex // for finalizers
	pointers   []*link
	bytes      []byte
	buffer     bytes.Buffer
	byKey      map[string]int
	concurrent sync.Map
	listeners  []func(string)
	words      []string
	head       *link
	queue      []job
	lines      []string
	err        error
}

// forgetKept releases all of it when the test is over.
func forgetKept(t *testing.T) {
	t.Cleanup(func() {
		kept.mu.Lock()
		defer kept.mu.Unlock()
		kept.pointers, kept.bytes, kept.byKey, kept.listeners, kept.words = nil, nil, nil, nil, nil
		kept.head, kept.queue, kept.lines, kept.err = nil, nil, nil, nil
		kept.buffer = bytes.Buffer{}
		kept.concurrent.Clear()
	})
}

// A job is done and taken out of the queue, in which its place stays.
type job struct {
	name string
	data *[64]byte
	_    [4]int
}

var leakingData = []leakingBody{
	keeping("pointer in a slice", "one object each time, and from time to time a larger slice", func(int) { keepPointer() }, "memassert_test.keepPointer", "memassert/leaking_data_test.go:"),
	keeping("bytes in a slice", "64 bytes each time but no object", func(int) { keepBytes() }, "memassert_test.keepBytes"),
	keeping("bytes in a buffer", "64 bytes each time in a buffer that doubles", func(int) { keepInBuffer() }, "memassert_test.keepInBuffer"),
	keeping("map of new keys", "no key is used twice, none is deleted", keepKey, "memassert_test.keepKey"),
	keeping("sync.Map of new keys", "what is stored is never deleted", keepStored, "memassert_test.keepStored"),
	keeping("listeners", "each call registers one, none is taken off", listen, "memassert_test.listen"),
	keeping("words of a text", "eight bytes of it keep the text of 4 KiB", keepWord, "memassert_test.keepWord"),
	keeping("list", "it grows at its head", func(int) { keepInList() }, "memassert_test.keepInList"),
	keeping("queue of done jobs", "each is cleared in place, but the array has ever more places", enqueue, "memassert_test.enqueue"),
	keeping("lines", "a helper formats them and they are kept", keepLine, "memassert_test.keepLine", "fmt.Sprintf"),
	keeping("errors", "each is joined to those before it", func(int) { join() }, "memassert_test.join", "errors.Join"),
}

// keeping is a body that keeps more of what is in kept each time; n is the number
// of the call.
func keeping(name, why string, keep func(n int), site ...string) leakingBody {
	return leakingBody{name: name, why: why, site: site, start: func(t *testing.T) func() {
		forgetKept(t)
		n := 0
		return func() {
			n++
			keep(n)
		}
	}}
}

func keepPointer() { kept.pointers = append(kept.pointers, &link{}) }

func keepBytes() { kept.bytes = append(kept.bytes, make([]byte, 64)...) }

func keepInBuffer() {
	var line [64]byte
	kept.buffer.Write(line[:])
}

func keepKey(n int) {
	if kept.byKey == nil {
		kept.byKey = make(map[string]int)
	}
	kept.byKey[fmt.Sprint("session ", n)] = n
}

func keepStored(n int) { kept.concurrent.Store(n, &link{}) }

func listen(n int) {
	kept.listeners = append(kept.listeners, func(event string) { kept.lines = append(kept.lines, fmt.Sprint(event, n)) })
}

func keepWord(n int) {
	text := strings.Repeat(fmt.Sprintf("word %3d", n%1000), 512)
	kept.words = append(kept.words, text[8:16])
}

func keepInList() { kept.head = &link{next: kept.head} }

func enqueue(n int) {
	kept.queue = append(kept.queue, job{name: "job", data: new([64]byte)})
	kept.queue[len(kept.queue)-1] = job{}
}

func keepLine(n int) { keepText(fmt.Sprintf("request %d", n)) }

func keepText(text string) { kept.lines = append(kept.lines, text) }

func join() { kept.err = errors.Join(kept.err, errTemporary) }
