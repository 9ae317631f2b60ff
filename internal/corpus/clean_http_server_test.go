//go:build linux

package corpus

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"
)

func httpHijack(t testing.TB) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		conn, rw, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		rw.WriteString("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n")
		rw.Flush()
		line, _ := rw.ReadString('\n')
		rw.WriteString(line)
		rw.Flush()
	})
	conn := got(net.Dial("tcp", s.Listener.Addr().String()))(t)
	defer conn.Close()
	io.WriteString(conn, "GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n")
	r := bufio.NewReader(conn)
	resp, err := http.ReadResponse(r, nil)
	must(t, err)
	equal(t, resp.StatusCode, 101)
	io.WriteString(conn, "ping\n")
	equal(t, got(r.ReadString('\n'))(t), "ping\n")
}

func httpShutdown(t testing.TB) {
	ln := local(t)
	begun, finish := make(chan struct{}), make(chan struct{})
	s := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		close(begun)
		<-finish
		hello(w, r)
	})}
	served := make(chan error)
	go func() { served <- s.Serve(ln) }()
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	answer := make(chan string, 1)
	go func() {
		defer close(answer)
		if resp, err := client.Get("http://" + ln.Addr().String() + "/a"); err == nil {
			b, _ := io.ReadAll(resp.Body)
			resp.Body.Close()
			answer <- string(b)
		}
	}()
	<-begun
	stopped := make(chan error)
	go func() { stopped <- s.Shutdown(context.Background()) }()
	equal(t, <-served, http.ErrServerClosed)
	close(finish)
	must(t, <-stopped)
	equal(t, <-answer, "hello /a")
}

func httpClose(t testing.TB) {
	ln := local(t)
	s := &http.Server{Handler: http.HandlerFunc(hello)}
	var wg sync.WaitGroup
	wg.Go(func() { s.Serve(ln) })
	transport := &http.Transport{}
	resp, err := (&http.Client{Transport: transport}).Get("http://" + ln.Addr().String() + "/a")
	equal(t, read(t, resp, err), "hello /a")
	must(t, s.Close()) // the client's connection ends with it
	wg.Wait()
}

func httpEvents(t testing.TB) {
	ended := make(chan struct{})
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		defer close(ended)
		w.Header().Set("Content-Type", "text/event-stream")
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		for i := 0; ; i++ {
			select {
			case <-r.Context().Done():
				return
			case <-tick.C:
				fmt.Fprintf(w, "data: %d\n\n", i)
				w.(http.Flusher).Flush()
			}
		}
	})
	resp := got(s.Client().Get(s.URL))(t)
	lines := bufio.NewScanner(resp.Body)
	for range 4 {
		lines.Scan()
	}
	resp.Body.Close()
	<-ended
}
