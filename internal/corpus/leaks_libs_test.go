//go:build linux

package corpus

import (
	"context"
	"database/sql"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/allegro/bigcache/v3"
	"github.com/coder/websocket"
	"github.com/dgraph-io/ristretto/v2"
	"github.com/fsnotify/fsnotify"
	gorilla "github.com/gorilla/websocket"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/lib/pq"
	"github.com/nats-io/nats.go"
	amqp "github.com/rabbitmq/amqp091-go"
	"github.com/redis/go-redis/v9"
	"github.com/robfig/cron/v3"
	"github.com/sirupsen/logrus"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
)

func leakHTTPBody(t testing.TB) func() {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "some")
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	}))
	resp := got(s.Client().Get(s.URL))(t)
	return func() { resp.Body.Close(); s.Close() }
}

func leakHTTPServer(t testing.TB) func() {
	ln := local(t)
	s := &http.Server{Handler: http.HandlerFunc(hello)}
	go s.Serve(ln)
	return func() { s.Close() }
}

func leakHandler(t testing.TB) func() {
	release := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		go func() { <-release }()
	}))
	defer s.Close()
	resp, err := s.Client().Get(s.URL)
	read(t, resp, err)
	return func() { close(release) }
}

func leakExec(t testing.TB) func() {
	cmd := exec.Command("sleep", "60")
	var out strings.Builder
	cmd.Stdout = &out
	must(t, cmd.Start())
	return func() { cmd.Process.Kill(); cmd.Wait() }
}

func leakSQL(t testing.TB) func() {
	db := got(sql.Open("sqlite", filepath.Join(t.TempDir(), "db")))(t)
	return func() { db.Close() }
}

func leakPgxpool(t testing.TB) func() {
	pool := got(pgxpool.New(context.Background(), postgres.address))(t)
	must(t, pool.Ping(context.Background()))
	return pool.Close
}

func leakListener(t testing.TB) func() {
	l := pq.NewListener(postgres.address, time.Second, time.Minute, nil)
	must(t, l.Listen(own()))
	return func() { l.Close() }
}

func leakSubscription(t testing.TB) func() {
	client := redis.NewClient(&redis.Options{Addr: redisDB.address})
	sub := client.Subscribe(context.Background(), own())
	got(sub.Receive(context.Background()))(t)
	sub.Channel()
	return func() { sub.Close(); client.Close() }
}

func leakNATS(t testing.TB) func() {
	return got(nats.Connect(natsBus.address))(t).Close
}

func leakAMQP(t testing.TB) func() {
	conn := got(amqp.Dial(rabbit.address))(t)
	return func() { conn.Close() }
}

func leakGRPC(t testing.TB) func() {
	conn := newGRPC(t).dial(t)
	conn.Connect()
	return func() { conn.Close() }
}

func leakGorilla(t testing.TB) func() {
	var up gorilla.Upgrader
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if conn, err := up.Upgrade(w, r, nil); err == nil {
			conn.ReadMessage()
			conn.Close()
		}
	}))
	conn, _, err := gorilla.DefaultDialer.Dial("ws"+strings.TrimPrefix(s.URL, "http"), nil)
	must(t, err)
	return func() { conn.Close(); s.Close() }
}

func leakCoder(t testing.TB) func() {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if conn, err := websocket.Accept(w, r, nil); err == nil {
			conn.Read(context.Background())
			conn.CloseNow()
		}
	}))
	conn, _, err := websocket.Dial(context.Background(), s.URL, nil)
	must(t, err)
	return func() { conn.CloseNow(); s.Close() }
}

func leakOtel(testing.TB) func() {
	provider := trace.NewTracerProvider(trace.WithBatcher(tracetest.NewInMemoryExporter()))
	return func() { provider.Shutdown(context.Background()) }
}

func leakFsnotify(t testing.TB) func() {
	w := got(fsnotify.NewWatcher())(t)
	return func() { w.Close() }
}

func leakCron(testing.TB) func() {
	c := cron.New()
	c.Start()
	return func() { c.Stop() }
}

func leakRistretto(t testing.TB) func() {
	cache := got(ristretto.NewCache(&ristretto.Config[string, int]{NumCounters: 1000, MaxCost: 100, BufferItems: 64}))(t)
	return cache.Close
}

func leakBigcache(t testing.TB) func() {
	config := bigcache.DefaultConfig(time.Minute)
	config.Shards, config.MaxEntriesInWindow, config.Verbose = 4, 100, false
	cache := got(bigcache.New(context.Background(), config))(t)
	return func() { cache.Close() }
}

func leakLogrus(testing.TB) func() {
	w := logrus.New().Writer()
	return func() { w.Close() }
}
