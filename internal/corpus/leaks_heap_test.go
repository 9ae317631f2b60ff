//go:build linux

package corpus

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"time"
)

// heapLeaks are judged with memassert.Check and NoGrowth.
var heapLeaks = []leak{
	{name: "map", run: heapMap, names: []string{"corpus.heapMap"}},
	{name: "slice", run: heapSlice, names: []string{"corpus.heapSlice"}},
	{name: "sync.Map", run: heapSyncMap, names: []string{"corpus.heapSyncMap"}},
	{name: "closure", run: heapClosure, names: []string{"corpus.heapClosure"}},
	{name: "linked list", run: heapList, names: []string{"corpus.heapList"}},
	{name: "timer", run: heapTimer, names: []string{"corpus.heapTimer"}},
	{name: "context", run: heapContext, names: []string{"corpus.heapContext"}},
	{name: "channel", run: heapChannel, names: []string{"corpus.heapChannel"}},
	{name: "string of a large one", run: heapString, names: []string{"corpus.heapString"}},
	{name: "finalizer that holds its object", run: heapFinalizer, names: []string{"corpus.heapFinalizer"}},
}

type small struct{ user string }

type session struct {
	user string
	Data [1000]byte
	next *session
}

// What the leaks keep things in.
var (
	kept      *small
	sessions  = make(map[string]*session)
	history   []*session
	cache     sync.Map
	callbacks []func() string
	head      *session
	timers    []*time.Timer
	base      context.Context
	stopBase  context.CancelFunc
	queue     = make(chan *session, 1<<16)
	lines     []string
)

var sessionNumber = 0

func nextKey() string {
	sessionNumber++
	return fmt.Sprint("user ", sessionNumber)
}

func heapMap(testing.TB) func() {
	sessions[nextKey()] = &session{}
	return func() { clear(sessions) }
}

func heapSlice(testing.TB) func() {
	history = append(history, &session{})
	return func() { history = nil }
}

func heapSyncMap(testing.TB) func() {
	cache.Store(nextKey(), &session{})
	return cache.Clear
}

func heapClosure(testing.TB) func() {
	s := &session{user: nextKey()}
	callbacks = append(callbacks, func() string { return s.user })
	return func() { callbacks = nil }
}

func heapList(testing.TB) func() {
	head = &session{next: head}
	return func() { head = nil }
}

func heapTimer(testing.TB) func() {
	s := &session{}
	timers = append(timers, time.AfterFunc(time.Hour, func() { s.user = "late" }))
	return func() {
		for _, timer := range timers {
			timer.Stop()
		}
		timers = nil
	}
}

func heapContext(testing.TB) func() {
	if base == nil {
		base, stopBase = context.WithCancel(context.Background())
	}
	s := &session{}
	context.AfterFunc(base, func() { s.user = "late" })
	return func() {
		if stopBase != nil {
			stopBase()
			base, stopBase = nil, nil
		}
	}
}

func heapChannel(testing.TB) func() {
	queue <- &session{}
	return func() {
		for len(queue) > 0 {
			<-queue
		}
	}
}

func heapString(testing.TB) func() {
	large := make([]byte, 10_000)
	lines = append(lines, string(large)[:10])
	return func() { lines = nil }
}

func heapFinalizer(testing.TB) func() {
	s := &session{}
	s.next = &session{next: s}
	runtime.SetFinalizer(s, func(*session) {}) // never runs, as s reaches itself
	return func() { runtime.SetFinalizer(s, nil) }
}
