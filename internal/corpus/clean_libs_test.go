//go:build linux

package corpus

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/allegro/bigcache/v3"
	"github.com/dgraph-io/ristretto/v2"
	"github.com/golang/groupcache/lru"
	hashilru "github.com/hashicorp/golang-lru/v2"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/rogpeppe/go-internal/testscript"
	"github.com/sirupsen/logrus"
	"github.com/spf13/cobra"
	"github.com/spf13/viper"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"
	"google.golang.org/protobuf/types/known/wrapperspb"
	"pgregory.net/rapid"
)

var libBodies = []body{
	{name: "grpc/unary", keeps: bufconnKeeps, run: grpcUnary},
	{name: "grpc/server stream", keeps: bufconnKeeps, run: grpcServerStream},
	{name: "grpc/both ways", keeps: bufconnKeeps, run: grpcBidi},
	{name: "grpc/deadline", keeps: bufconnKeeps, run: grpcDeadline},
	{name: "grpc/TCP", run: grpcTCP},
	{name: "otel/traces", keeps: "its timer of 5 s is not stopped by Shutdown", run: otelTraces},
	{name: "otel/metrics", run: otelMetrics},
	{name: "zap", run: zapBody},
	{name: "logrus", run: logrusBody},
	{name: "prometheus", run: prometheusBody},
	{name: "testscript", run: testscriptBody},
	{name: "rapid", run: rapidBody},
	{name: "cobra", run: cobraBody},
	{name: "viper", run: viperBody},
	{name: "cache/ristretto", run: ristrettoBody},
	{name: "cache/bigcache", run: bigcacheBody},
	{name: "cache/lru", run: lruBody},
}

const bufconnKeeps = "closing a connection sets a deadline of some seconds, whose timer is not stopped"

// A grpcServer answers health checks, and echoes what streams send.
type grpcServer struct {
	*grpc.Server
	health *health.Server
	ln     *bufconn.Listener
}

var echoService = grpc.ServiceDesc{
	ServiceName: "corpus.Echo",
	HandlerType: (*any)(nil),
	Streams: []grpc.StreamDesc{{StreamName: "Echo", ServerStreams: true, ClientStreams: true, Handler: func(_ any, s grpc.ServerStream) error {
		for {
			var m wrapperspb.StringValue
			if err := s.RecvMsg(&m); err != nil {
				if err == io.EOF {
					return nil
				}
				return err
			}
			if err := s.SendMsg(&m); err != nil {
				return err
			}
		}
	}}},
}

func newGRPC(t testing.TB) *grpcServer {
	s := &grpcServer{grpc.NewServer(), health.NewServer(), bufconn.Listen(1 << 16)}
	healthpb.RegisterHealthServer(s.Server, s.health)
	s.RegisterService(&echoService, s)
	go s.Serve(s.ln)
	t.Cleanup(s.GracefulStop)
	return s
}

func (s *grpcServer) dial(t testing.TB) *grpc.ClientConn {
	t.Helper()
	conn := got(grpc.NewClient("passthrough:bufconn", grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return s.ln.DialContext(ctx) })))(t)
	return conn
}

func grpcUnary(t testing.TB) {
	conn := newGRPC(t).dial(t)
	defer conn.Close()
	client := healthpb.NewHealthClient(conn)
	for range 3 {
		resp := got(client.Check(t.Context(), &healthpb.HealthCheckRequest{}))(t)
		equal(t, resp.Status, healthpb.HealthCheckResponse_SERVING)
	}
	_, err := client.Check(t.Context(), &healthpb.HealthCheckRequest{Service: "none"})
	equal(t, status.Code(err), codes.NotFound)
}

func grpcServerStream(t testing.TB) {
	s := newGRPC(t)
	conn := s.dial(t)
	defer conn.Close()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	stream := got(healthpb.NewHealthClient(conn).Watch(ctx, &healthpb.HealthCheckRequest{}))(t)
	equal(t, got(stream.Recv())(t).Status, healthpb.HealthCheckResponse_SERVING)
	s.health.SetServingStatus("", healthpb.HealthCheckResponse_NOT_SERVING)
	equal(t, got(stream.Recv())(t).Status, healthpb.HealthCheckResponse_NOT_SERVING)
	cancel()
	if _, err := stream.Recv(); err == nil {
		t.Fatal("not cancelled")
	}
}

func grpcBidi(t testing.TB) {
	conn := newGRPC(t).dial(t)
	defer conn.Close()
	stream := got(conn.NewStream(context.Background(), &echoService.Streams[0], "/corpus.Echo/Echo"))(t)
	for range 3 {
		must(t, stream.SendMsg(wrapperspb.String("ping")))
		var m wrapperspb.StringValue
		must(t, stream.RecvMsg(&m))
		equal(t, m.Value, "ping")
	}
	must(t, stream.CloseSend())
	equal(t, stream.RecvMsg(&wrapperspb.StringValue{}), io.EOF)
}

func grpcDeadline(t testing.TB) {
	conn := newGRPC(t).dial(t)
	defer conn.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	stream, err := conn.NewStream(ctx, &echoService.Streams[0], "/corpus.Echo/Echo")
	if err == nil {
		err = stream.RecvMsg(&wrapperspb.StringValue{})
	}
	equal(t, status.Code(err), codes.DeadlineExceeded)
}

func grpcTCP(t testing.TB) {
	ln := local(t)
	s := grpc.NewServer(grpc.KeepaliveParams(keepalive.ServerParameters{MaxConnectionIdle: time.Minute}))
	healthpb.RegisterHealthServer(s, health.NewServer())
	go s.Serve(ln)
	defer s.Stop()
	conn := got(grpc.NewClient("dns:///"+ln.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials())))(t)
	defer conn.Close()
	got(healthpb.NewHealthClient(conn).Check(t.Context(), &healthpb.HealthCheckRequest{}))(t)
}

func otelTraces(t testing.TB) {
	exporter := tracetest.NewInMemoryExporter()
	provider := trace.NewTracerProvider(trace.WithBatcher(exporter))
	ctx, parent := provider.Tracer("corpus").Start(context.Background(), "parent")
	_, child := provider.Tracer("corpus").Start(ctx, "child")
	child.End()
	parent.End()
	must(t, provider.ForceFlush(ctx))
	equal(t, len(exporter.GetSpans()), 2)
	must(t, provider.Shutdown(context.Background()))
}

func otelMetrics(t testing.TB) {
	manual := metric.NewManualReader()
	exports := make(chan struct{}, 10)
	provider := metric.NewMeterProvider(metric.WithReader(manual), metric.WithReader(metric.NewPeriodicReader(exporter{exports}, metric.WithInterval(time.Hour))))
	counter := got(provider.Meter("corpus").Int64Counter("orders"))(t)
	counter.Add(context.Background(), 2)
	var data metricdata.ResourceMetrics
	must(t, manual.Collect(context.Background(), &data))
	equal(t, len(data.ScopeMetrics), 1)
	must(t, provider.Shutdown(context.Background()))
	<-exports // Shutdown exports once more
}

// An exporter of metrics counts its exports.
type exporter struct{ exports chan struct{} }

func (exporter) Temporality(k metric.InstrumentKind) metricdata.Temporality {
	return metric.DefaultTemporalitySelector(k)
}
func (exporter) Aggregation(k metric.InstrumentKind) metric.Aggregation {
	return metric.DefaultAggregationSelector(k)
}
func (e exporter) Export(context.Context, *metricdata.ResourceMetrics) error {
	e.exports <- struct{}{}
	return nil
}
func (exporter) ForceFlush(context.Context) error { return nil }
func (exporter) Shutdown(context.Context) error   { return nil }

func zapBody(t testing.TB) {
	path := filepath.Join(t.TempDir(), "log")
	config := zap.NewProductionConfig()
	config.OutputPaths, config.ErrorOutputPaths = []string{"stderr"}, []string{"stderr"}
	file, closeFile, err := zap.Open(path)
	must(t, err)
	defer closeFile()
	buffered := &zapcore.BufferedWriteSyncer{WS: file}
	core := zapcore.NewCore(zapcore.NewJSONEncoder(config.EncoderConfig), buffered, zap.InfoLevel)
	log := zap.New(core, zap.AddCaller())
	log.With(zap.String("user", "me")).Info("ordered", zap.Int("pens", 2))
	log.Sugar().Infow("ordered", "pens", 2)
	must(t, buffered.Stop())
	equal(t, strings.Count(string(got(os.ReadFile(path))(t)), "\n"), 2)
}

func logrusBody(t testing.TB) {
	var out bytes.Buffer
	log := logrus.New()
	log.Out = &out
	log.SetFormatter(&logrus.JSONFormatter{})
	log.WithField("user", "me").Info("ordered")
	w := log.Writer() // a goroutine reads from it until it is closed
	io.WriteString(w, "line\n")
	must(t, w.Close())
}

func prometheusBody(t testing.TB) {
	r := prometheus.NewRegistry()
	requests := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "requests_total"}, []string{"code"})
	took := prometheus.NewHistogram(prometheus.HistogramOpts{Name: "seconds", Buckets: prometheus.DefBuckets})
	r.MustRegister(requests, took)
	requests.WithLabelValues("200").Inc()
	took.Observe(0.1)
	s := httptest.NewServer(promhttp.HandlerFor(r, promhttp.HandlerOpts{}))
	defer s.Close()
	resp, err := s.Client().Get(s.URL)
	if text := read(t, resp, err); !strings.Contains(text, `requests_total{code="200"} 1`) {
		t.Fatal(text)
	}
}

// A script is the T that testscript wants.
type script struct{ testing.TB }

func (s script) Parallel()                             {}
func (s script) Verbose() bool                         { return false }
func (s script) Run(name string, f func(testscript.T)) { f(s) }

func testscriptBody(t testing.TB) {
	dir := t.TempDir()
	must(t, os.WriteFile(filepath.Join(dir, "a.txtar"), []byte("exec cat in\nstdout text\n! exec false\n! exec sleep 60 &\nkill\nwait\n-- in --\ntext\n"), 0o600))
	testscript.RunT(script{t}, testscript.Params{Dir: dir})
}

func rapidBody(t testing.TB) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.SliceOfN(rapid.Int(), 0, 10).Draw(t, "s")
		if len(s) > 10 {
			t.Fatal(s)
		}
	})
}

func cobraBody(t testing.TB) {
	var name string
	var out bytes.Buffer
	root := &cobra.Command{Use: "corpus"}
	order := &cobra.Command{Use: "order", RunE: func(cmd *cobra.Command, args []string) error {
		cmd.Print(name, args)
		return cmd.Context().Err()
	}}
	order.Flags().StringVar(&name, "name", "", "who orders")
	root.AddCommand(order)
	root.SetOut(&out)
	root.SetErr(&out)
	root.SetArgs([]string{"order", "--name", "me", "pen"})
	must(t, root.ExecuteContext(t.Context()))
	equal(t, out.String(), "me[pen]")
}

func viperBody(t testing.TB) {
	path := filepath.Join(t.TempDir(), "c.yaml")
	must(t, os.WriteFile(path, []byte("server:\n  port: 8080\n"), 0o600))
	v := viper.New()
	v.SetConfigFile(path)
	must(t, v.ReadInConfig())
	equal(t, v.GetInt("server.port"), 8080)
}

func ristrettoBody(t testing.TB) {
	cache := got(ristretto.NewCache(&ristretto.Config[string, int]{NumCounters: 1000, MaxCost: 100, BufferItems: 64}))(t)
	cache.Set("a", 1, 1)
	cache.Wait()
	cache.Get("a")
	cache.Close()
}

func bigcacheBody(t testing.TB) {
	config := bigcache.DefaultConfig(time.Minute)
	config.Shards, config.MaxEntriesInWindow, config.Verbose = 4, 100, false
	cache := got(bigcache.New(context.Background(), config))(t)
	must(t, cache.Set("a", []byte("pen")))
	equal(t, string(got(cache.Get("a"))(t)), "pen")
	must(t, cache.Close())
}

func lruBody(t testing.TB) {
	a := lru.New(10)
	b := got(hashilru.New[int, []byte](10))(t)
	for i := range 30 {
		a.Add(i, make([]byte, 100))
		b.Add(i, make([]byte, 100))
	}
	equal(t, a.Len()+b.Len(), 20)
}
