package heapprobe

import (
	"context"
	"net/http"
	"net/http/httptrace"
	"reflect"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/leakassert/leakassert/internal/probe"
)

// ofDial reports whether a leak was allocated for a new connection of an HTTP client.
func ofDial(l probe.Leak) bool {
	return l.HasFunc(func(name string) bool { return name == "net/http.(*Transport).getConn" })
}

// forgetDials makes the default HTTP client start and give up a dial to each host for which it has
// a list of dials. Such a list keeps the last dial, with the strings of its URL, until the next
// dial or until a connection to the host is idle.
func forgetDials() {
	t, ok := http.DefaultTransport.(*http.Transport)
	if !ok {
		return
	}
	for _, url := range append(dialled(t), "http://127.0.0.1:0/") {
		ctx, cancel := context.WithCancel(context.Background())
		ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GetConn: func(string) { cancel() }})
		if r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil); err == nil {
			if resp, err := t.RoundTrip(r); err == nil {
				resp.Body.Close()
			}
		}
		cancel()
	}
}

// dialled returns the hosts that a transport has dialled without an idle connection since. It
// returns none if net/http has changed its fields.
func dialled(t *http.Transport) (urls []string) {
	v := reflect.ValueOf(t).Elem()
	hosts, mu := v.FieldByName("idleConnWait"), v.FieldByName("idleMu")
	if hosts.Kind() != reflect.Map || hosts.Type().Key().Kind() != reflect.Struct || !mu.IsValid() || mu.Type() != reflect.TypeFor[sync.Mutex]() {
		return nil
	}
	locker := (*sync.Mutex)(mu.Addr().UnsafePointer())
	locker.Lock()
	defer locker.Unlock()
	for _, host := range hosts.MapKeys() {
		if scheme, addr := host.FieldByName("scheme"), host.FieldByName("addr"); scheme.IsValid() && addr.IsValid() {
			urls = append(urls, scheme.String()+"://"+addr.String()+"/")
		}
	}
	return urls
}

// wakeProcessors makes every processor drop the timers that were stopped on it. A processor does so
// when it looks for something to run and more than a quarter of its timers are stopped.
func wakeProcessors() {
	const (
		patience = 10 * time.Millisecond
		stopped  = 512
	)
	if probe.InBubble() {
		return
	}
	n := int32(runtime.GOMAXPROCS(0))
	var running atomic.Int32
	var all sync.WaitGroup
	for range n {
		all.Go(func() {
			running.Add(1)
			for began := time.Now(); running.Load() < n && time.Since(began) < patience; {
				// Don't sleep or yield: one processor could then run them all.
			}
			var timers [stopped]*time.Timer
			for i := range timers {
				timers[i] = time.AfterFunc(time.Hour, func() {})
			}
			for _, t := range timers {
				t.Stop()
			}
			runtime.Gosched()
		})
	}
	all.Wait()
}
