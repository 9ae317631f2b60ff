//go:build linux

package corpus

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/hashicorp/go-retryablehttp"
)

var httpBodies = []body{
	{name: "http/get", run: httpGet},
	{name: "http/keep-alive", run: httpKeepAlive},
	{name: "http/several clients", run: httpSeveralClients},
	{name: "http/2", run: http2},
	{name: "http/2 without TLS", run: http2Plain},
	{name: "http/TLS", run: httpTLS},
	{name: "http/recorder", run: httpRecorder},
	{name: "http/client timeout", run: httpClientTimeout},
	{name: "http/request cancelled", run: httpRequestCancelled},
	{name: "http/handler timeout", run: httpHandlerTimeout},
	{name: "http/server timeouts", run: httpServerTimeouts},
	{name: "http/hijack", run: httpHijack},
	{name: "http/shutdown", run: httpShutdown},
	{name: "http/close", run: httpClose},
	{name: "http/server-sent events", run: httpEvents},
	{name: "http/reverse proxy", run: httpReverseProxy},
	{name: "http/upload", run: httpUpload},
	{name: "http/download left early", run: httpDownloadLeft},
	{name: "http/continue", run: httpContinue},
	{name: "http/redirect and cookies", run: httpRedirect},
	{name: "http/default client", run: httpDefaultClient},
	{name: "http/unix socket", run: httpUnix},
	{name: "http/handler panics", run: httpHandlerPanics},
	{name: "http/JSON with chi", run: httpChi},
	{name: "http/retry", run: httpRetry},
	{name: "http/gorilla websocket", run: gorillaWebsocket},
	{name: "http/coder websocket", run: coderWebsocket},
}

// serve starts a server that is closed when the test ends.
func serve(t testing.TB, h http.HandlerFunc) *httptest.Server {
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s
}

// hello answers every request.
func hello(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "hello ", r.URL.Path) }

// read returns the body of a response and closes it.
func read(t testing.TB, resp *http.Response, err error) string {
	t.Helper()
	must(t, err)
	defer resp.Body.Close()
	return string(got(io.ReadAll(resp.Body))(t))
}

func httpGet(t testing.TB) {
	s := serve(t, hello)
	resp, err := s.Client().Get(s.URL + "/a")
	equal(t, read(t, resp, err), "hello /a")
}

func httpKeepAlive(t testing.TB) {
	s := serve(t, hello)
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	for range 5 {
		resp, err := client.Get(s.URL + "/a")
		equal(t, read(t, resp, err), "hello /a")
	}
}

func httpSeveralClients(t testing.TB) {
	s := serve(t, hello)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			transport := http.DefaultTransport.(*http.Transport).Clone()
			defer transport.CloseIdleConnections()
			client := &http.Client{Transport: transport, Timeout: time.Minute}
			for range 3 {
				resp, err := client.Get(s.URL)
				if err != nil {
					t.Error(err)
					return
				}
				io.Copy(io.Discard, resp.Body)
				resp.Body.Close()
			}
		})
	}
	wg.Wait()
}

func http2(t testing.TB) {
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.Proto) }))
	s.EnableHTTP2 = true
	s.StartTLS()
	defer s.Close()
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			resp, err := s.Client().Get(s.URL)
			if err != nil {
				t.Error(err)
				return
			}
			defer resp.Body.Close()
			if b, _ := io.ReadAll(resp.Body); string(b) != "HTTP/2.0" {
				t.Error(string(b))
			}
		})
	}
	wg.Wait()
}

func http2Plain(t testing.TB) {
	var protocols http.Protocols
	protocols.SetUnencryptedHTTP2(true)
	ln := local(t)
	s := &http.Server{Handler: http.HandlerFunc(hello), Protocols: &protocols}
	var wg sync.WaitGroup
	wg.Go(func() { s.Serve(ln) })
	transport := &http.Transport{Protocols: &protocols}
	resp, err := (&http.Client{Transport: transport}).Post("http://"+ln.Addr().String()+"/b", "text/plain", strings.NewReader("body"))
	equal(t, read(t, resp, err), "hello /b")
	transport.CloseIdleConnections()
	must(t, s.Shutdown(context.Background()))
	wg.Wait()
}

func httpTLS(t testing.TB) {
	s := httptest.NewTLSServer(http.HandlerFunc(hello))
	defer s.Close()
	resp, err := s.Client().Get(s.URL + "/a")
	equal(t, read(t, resp, err), "hello /a")
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	if resp, err := (&http.Client{Transport: transport}).Get(s.URL); err == nil {
		resp.Body.Close()
		t.Fatal("a client that does not know the certificate is served")
	}
}

func httpRecorder(t testing.TB) {
	w := httptest.NewRecorder()
	hello(w, httptest.NewRequest("GET", "/a", nil))
	equal(t, w.Body.String(), "hello /a")
}

func httpClientTimeout(t testing.TB) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	client := s.Client()
	client.Timeout = 10 * time.Millisecond
	resp, err := client.Get(s.URL)
	if err == nil {
		resp.Body.Close()
		t.Fatal("no timeout")
	}
}

func httpRequestCancelled(t testing.TB) {
	begun := make(chan struct{})
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		close(begun)
		<-r.Context().Done()
	})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() { <-begun; cancel() }()
	req := got(http.NewRequestWithContext(ctx, "GET", s.URL, nil))(t)
	resp, err := s.Client().Do(req)
	if !errors.Is(err, context.Canceled) {
		resp.Body.Close()
		t.Fatal(err)
	}
}

func httpHandlerTimeout(t testing.TB) {
	s := httptest.NewServer(http.TimeoutHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		<-r.Context().Done()
	}), 5*time.Millisecond, "late"))
	defer s.Close()
	resp, err := s.Client().Get(s.URL)
	equal(t, read(t, resp, err), "late")
}

func httpServerTimeouts(t testing.TB) {
	s := httptest.NewUnstartedServer(http.HandlerFunc(hello))
	s.Config.ReadHeaderTimeout = 10 * time.Millisecond
	s.Config.IdleTimeout = time.Minute
	s.Config.WriteTimeout = time.Minute
	s.Start()
	defer s.Close()
	conn := got(net.Dial("tcp", s.Listener.Addr().String()))(t)
	defer conn.Close()
	_, err := conn.Write([]byte("GET / HTTP/1.1\r\n")) // and no more
	must(t, err)
	io.Copy(io.Discard, conn)
	resp, err := s.Client().Get(s.URL)
	equal(t, read(t, resp, err), "hello /")
}

func httpReverseProxy(t testing.TB) {
	backend := serve(t, hello)
	target := got(url.Parse(backend.URL))(t)
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	front := httptest.NewServer(&httputil.ReverseProxy{
		Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(target) },
		Transport: transport,
	})
	defer front.Close()
	resp, err := front.Client().Get(front.URL + "/a")
	equal(t, read(t, resp, err), "hello /a")
}

func httpUpload(t testing.TB) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		n, _ := io.Copy(io.Discard, r.Body)
		fmt.Fprint(w, n)
	})
	r, w := io.Pipe()
	go func() {
		for range 10 {
			w.Write(make([]byte, 10_000))
		}
		w.Close()
	}()
	resp, err := s.Client().Post(s.URL, "application/octet-stream", r)
	equal(t, read(t, resp, err), "100000")
}

func httpDownloadLeft(t testing.TB) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		for {
			if _, err := w.Write(make([]byte, 64<<10)); err != nil {
				return
			}
		}
	})
	resp := got(s.Client().Get(s.URL))(t)
	_, err := io.CopyN(io.Discard, resp.Body, 200_000)
	must(t, err)
	must(t, resp.Body.Close())
}

func httpContinue(t testing.TB) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/no" {
			http.Error(w, "no", http.StatusForbidden)
			return
		}
		io.Copy(w, r.Body)
	})
	client := s.Client()
	client.Transport.(*http.Transport).ExpectContinueTimeout = time.Second
	for _, path := range []string{"/no", "/yes"} {
		req := got(http.NewRequest("PUT", s.URL+path, bytes.NewReader(make([]byte, 1000))))(t)
		req.Header.Set("Expect", "100-continue")
		resp, err := client.Do(req)
		read(t, resp, err)
	}
}

func httpRedirect(t testing.TB) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /in", func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "user", Value: "me"})
		http.Redirect(w, r, "/home", http.StatusFound)
	})
	mux.HandleFunc("GET /home", func(w http.ResponseWriter, r *http.Request) {
		if c, err := r.Cookie("user"); err == nil {
			fmt.Fprint(w, c.Value)
		}
	})
	s := httptest.NewServer(mux)
	defer s.Close()
	client := s.Client()
	client.Jar = got(cookiejar.New(nil))(t)
	resp, err := client.Get(s.URL + "/in")
	equal(t, read(t, resp, err), "me")
}

func httpDefaultClient(t testing.TB) {
	ln := local(t)
	s := &http.Server{Handler: http.HandlerFunc(hello)}
	var wg sync.WaitGroup
	wg.Go(func() { s.Serve(ln) })
	resp, err := http.Get("http://" + ln.Addr().String() + "/a")
	equal(t, read(t, resp, err), "hello /a")
	must(t, s.Shutdown(context.Background()))
	wg.Wait()
}

func httpUnix(t testing.TB) {
	path := filepath.Join(t.TempDir(), "s")
	ln := got(net.Listen("unix", path))(t)
	s := &http.Server{Handler: http.HandlerFunc(hello)}
	go s.Serve(ln)
	defer s.Close()
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "unix", path)
	}}
	defer transport.CloseIdleConnections()
	resp, err := (&http.Client{Transport: transport}).Get("http://unix/a")
	equal(t, read(t, resp, err), "hello /a")
}

func httpHandlerPanics(t testing.TB) {
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("at the disco") }))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.Start()
	defer s.Close()
	resp, err := s.Client().Get(s.URL)
	if err == nil {
		resp.Body.Close()
		t.Fatal("an answer")
	}
}

func httpChi(t testing.TB) {
	type order struct {
		ID    string
		Lines []string
	}
	r := chi.NewRouter()
	r.Get("/orders/{id}", func(w http.ResponseWriter, r *http.Request) {
		json.NewEncoder(w).Encode(order{chi.URLParam(r, "id"), []string{"pen", "ink"}})
	})
	s := httptest.NewServer(r)
	defer s.Close()
	resp := got(s.Client().Get(s.URL + "/orders/7"))(t)
	defer resp.Body.Close()
	var o order
	must(t, json.NewDecoder(resp.Body).Decode(&o))
	equal(t, o.ID+o.Lines[1], "7ink")
}

func httpRetry(t testing.TB) {
	var mu sync.Mutex
	tries := 0
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if tries++; tries < 3 {
			http.Error(w, "not yet", http.StatusServiceUnavailable)
			return
		}
		hello(w, r)
	})
	client := retryablehttp.NewClient()
	client.Logger = nil
	client.RetryWaitMin, client.RetryWaitMax = time.Millisecond, time.Millisecond
	defer client.HTTPClient.CloseIdleConnections()
	resp, err := client.Get(s.URL + "/a")
	equal(t, read(t, resp, err), "hello /a")
}
