//go:build linux

package corpus

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

var netBodies = []body{
	{name: "net/TCP echo", run: netTCP},
	{name: "net/TCP many", run: netTCPMany},
	{name: "net/TCP splice", run: netSplice},
	{name: "net/deadline", run: netDeadline},
	{name: "net/UDP", run: netUDP},
	{name: "net/unix", run: netUnix},
	{name: "net/unixgram", run: netUnixgram},
	{name: "net/Pipe", run: netPipe},
	{name: "net/TLS over Pipe", keeps: "closing a TLS connection sets a deadline of 5 s, whose timer a net.Pipe does not stop", run: netTLSPipe},
	{name: "net/File", run: netFile},
	{name: "net/sendfile", run: netSendfile},
	{name: "net/dial refused", run: netDialRefused},
	{name: "net/dial cancelled", run: netDialCancelled},
	{name: "net/lookup", run: netLookup},
	{name: "net/DNS server", run: netDNS},
}

// echo serves until the listener is closed.
func echo(ln net.Listener) {
	var wg sync.WaitGroup
	defer wg.Wait()
	for {
		conn, err := ln.Accept()
		if err != nil {
			return
		}
		wg.Go(func() {
			defer conn.Close()
			io.Copy(conn, conn)
		})
	}
}

// ping sends something and reads it back.
func ping(t testing.TB, conn io.ReadWriter) {
	t.Helper()
	got(io.WriteString(conn, "ping"))(t)
	b := make([]byte, 4)
	got(io.ReadFull(conn, b))(t)
	equal(t, string(b), "ping")
}

func netTCP(t testing.TB) {
	ln := local(t)
	var wg sync.WaitGroup
	wg.Go(func() { echo(ln) })
	conn := got(net.Dial("tcp", ln.Addr().String()))(t)
	ping(t, conn)
	conn.Close()
	ln.Close()
	wg.Wait()
}

func netTCPMany(t testing.TB) {
	ln := local(t)
	defer ln.Close()
	go echo(ln)
	var wg sync.WaitGroup
	for range 10 {
		wg.Go(func() {
			conn, err := net.Dial("tcp", ln.Addr().String())
			if err != nil {
				t.Error(err)
				return
			}
			defer conn.Close()
			io.WriteString(conn, "x")
			io.ReadFull(conn, make([]byte, 1))
		})
	}
	wg.Wait()
}

func netSplice(t testing.TB) {
	ln, front := local(t), local(t)
	defer ln.Close()
	defer front.Close()
	go echo(ln)
	go func() {
		a, err := front.Accept()
		if err != nil {
			return
		}
		defer a.Close()
		b, err := net.Dial("tcp", ln.Addr().String())
		if err != nil {
			return
		}
		defer b.Close()
		var wg sync.WaitGroup
		wg.Go(func() { io.Copy(b, a); b.(*net.TCPConn).CloseWrite() })
		io.Copy(a, b)
		wg.Wait()
	}()
	conn := got(net.Dial("tcp", front.Addr().String()))(t)
	defer conn.Close()
	ping(t, conn)
}

func netDeadline(t testing.TB) {
	ln := local(t)
	defer ln.Close()
	ln.(*net.TCPListener).SetDeadline(time.Now().Add(time.Millisecond))
	if _, err := ln.Accept(); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatal(err)
	}
	ln.(*net.TCPListener).SetDeadline(time.Time{})
	go echo(ln)
	conn := got(net.Dial("tcp", ln.Addr().String()))(t)
	defer conn.Close()
	conn.SetReadDeadline(time.Now().Add(time.Millisecond))
	if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatal(err)
	}
}

func netUDP(t testing.TB) {
	a := got(net.ListenPacket("udp", "127.0.0.1:0"))(t)
	defer a.Close()
	b := got(net.Dial("udp", a.LocalAddr().String()))(t)
	defer b.Close()
	got(b.Write([]byte("ping")))(t)
	buf := make([]byte, 10)
	n, from, err := a.ReadFrom(buf)
	must(t, err)
	got(a.WriteTo(buf[:n], from))(t)
	equal(t, got(b.Read(buf))(t), 4)
}

func netUnix(t testing.TB) {
	ln := got(net.Listen("unix", filepath.Join(t.TempDir(), "s")))(t)
	defer ln.Close()
	go echo(ln)
	conn := got(net.Dial("unix", ln.Addr().String()))(t)
	defer conn.Close()
	ping(t, conn)
}

func netUnixgram(t testing.TB) {
	addr := &net.UnixAddr{Name: filepath.Join(t.TempDir(), "s"), Net: "unixgram"}
	a := got(net.ListenUnixgram("unixgram", addr))(t)
	defer a.Close()
	b := got(net.DialUnix("unixgram", nil, addr))(t)
	defer b.Close()
	got(b.Write([]byte("ping")))(t)
	equal(t, got(a.Read(make([]byte, 10)))(t), 4)
}

func netPipe(t testing.TB) {
	a, b := net.Pipe()
	go func() { io.Copy(b, b); b.Close() }()
	ping(t, a)
	a.SetReadDeadline(time.Now().Add(time.Millisecond))
	a.Read(make([]byte, 1))
	a.Close()
}

func netTLSPipe(t testing.TB) {
	s := httptest.NewUnstartedServer(http.NotFoundHandler())
	s.StartTLS()
	defer s.Close()
	a, b := net.Pipe()
	server := tls.Server(b, &tls.Config{Certificates: s.TLS.Certificates})
	var wg sync.WaitGroup
	wg.Go(func() {
		defer server.Close()
		io.Copy(server, server)
	})
	client := tls.Client(a, &tls.Config{RootCAs: s.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs, ServerName: "example.com"})
	ping(t, client)
	client.Close()
	wg.Wait()
}

func netFile(t testing.TB) {
	ln := local(t)
	f := got(ln.(*net.TCPListener).File())(t)
	again := got(net.FileListener(f))(t)
	f.Close()
	ln.Close()
	defer again.Close()
	go echo(again)
	conn := got(net.Dial("tcp", again.Addr().String()))(t)
	defer conn.Close()
	ping(t, conn)
}

func netSendfile(t testing.TB) {
	path := filepath.Join(t.TempDir(), "f")
	must(t, os.WriteFile(path, make([]byte, 100_000), 0o600))
	ln := local(t)
	defer ln.Close()
	go func() {
		conn, err := ln.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		if f, err := os.Open(path); err == nil {
			io.Copy(conn, f)
			f.Close()
		}
	}()
	conn := got(net.Dial("tcp", ln.Addr().String()))(t)
	defer conn.Close()
	equal(t, got(io.Copy(io.Discard, conn))(t), int64(100_000))
}

func netDialRefused(t testing.TB) {
	ln := local(t)
	ln.Close()
	if conn, err := net.Dial("tcp", ln.Addr().String()); err == nil {
		conn.Close()
		t.Fatal("connected")
	}
}

func netDialCancelled(t testing.TB) {
	ctx, cancel := context.WithCancel(context.Background())
	var d net.Dialer
	d.ControlContext = func(context.Context, string, string, syscall.RawConn) error { cancel(); return nil }
	ln := local(t)
	defer ln.Close()
	go echo(ln)
	if conn, err := d.DialContext(ctx, "tcp", ln.Addr().String()); err == nil {
		conn.Close() // it was faster
	}
	cancel()
}

func netLookup(t testing.TB) {
	for _, goes := range []bool{false, true} {
		r := &net.Resolver{PreferGo: goes}
		if len(got(r.LookupHost(context.Background(), "localhost"))(t)) == 0 {
			t.Fatal("no address")
		}
	}
	got(net.LookupPort("tcp", "http"))(t)
	got(net.InterfaceAddrs())(t)
}

func netDNS(t testing.TB) {
	server := got(net.ListenPacket("udp", "127.0.0.1:0"))(t)
	defer server.Close()
	go answerDNS(server)
	r := &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "udp", server.LocalAddr().String())
	}}
	addrs := got(r.LookupNetIP(t.Context(), "ip4", "corpus.example."))(t)
	equal(t, addrs[0].Unmap(), netip.MustParseAddr("127.0.0.7"))
}

// answerDNS answers every question for an IPv4 address until the connection is closed.
func answerDNS(conn net.PacketConn) {
	buf := make([]byte, 1500)
	for {
		n, from, err := conn.ReadFrom(buf)
		if err != nil {
			return
		}
		var m dnsmessage.Message
		if m.Unpack(buf[:n]) != nil || len(m.Questions) != 1 {
			continue
		}
		m.Response, m.Additionals = true, nil
		m.Answers = []dnsmessage.Resource{{
			Header: dnsmessage.ResourceHeader{Name: m.Questions[0].Name, Class: dnsmessage.ClassINET, Type: dnsmessage.TypeA},
			Body:   &dnsmessage.AResource{A: [4]byte{127, 0, 0, 7}},
		}}
		if answer, err := m.Pack(); err == nil {
			conn.WriteTo(answer, from)
		}
	}
}
