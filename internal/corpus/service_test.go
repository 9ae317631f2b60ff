//go:build linux

package corpus

import (
	"context"
	"net"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5"
	"github.com/nats-io/nats.go"
	amqp "github.com/rabbitmq/amqp091-go"
	"github.com/redis/go-redis/v9"
)

// A service is a server that bodies talk to. It is asked once whether it is there.
type service struct {
	name    string
	address string
	needed  bool // must be there if CI=true
	answer  func() error
}

var (
	postgres = newService("PostgreSQL", variable("LEAKASSERT_POSTGRES", "postgres://postgres@127.0.0.1:5432/test?sslmode=disable"), true, askPostgres)
	redisDB  = newService("Redis", variable("LEAKASSERT_REDIS", "127.0.0.1:6379"), true, askRedis)
	mariaDB  = newService("MySQL", "root@tcp(127.0.0.1:3306)/test", false, askMySQL)
	natsBus  = newService("NATS", "nats://127.0.0.1:4222", false, askNATS)
	rabbit   = newService("RabbitMQ", "amqp://guest:guest@127.0.0.1:5672/", false, askRabbit)
)

func newService(name, address string, needed bool, ask func(context.Context, string) error) *service {
	return &service{name: name, address: address, needed: needed, answer: sync.OnceValue(func() error {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		return ask(ctx, address)
	})}
}

// variable returns the value of an environment variable, or a default.
func variable(name, otherwise string) string {
	if s := os.Getenv(name); s != "" {
		return s
	}
	return otherwise
}

// err returns why the service does not answer. No service always does.
func (s *service) err() error {
	if s == nil {
		return nil
	}
	return s.answer()
}

// there skips the test if the service does not answer, and fails it if CI must have it.
func (s *service) there(t *testing.T) {
	t.Helper()
	err := s.err()
	switch {
	case err == nil:
	case s.needed && os.Getenv("CI") == "true":
		t.Fatalf("%s does not answer: %v", s.name, err)
	default:
		t.Skipf("%s does not answer: %v", s.name, err)
	}
}

func askPostgres(ctx context.Context, address string) error {
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		return err
	}
	return conn.Close(ctx)
}

func askRedis(ctx context.Context, address string) error {
	client := redis.NewClient(&redis.Options{Addr: address, MaxRetries: -1, DialerRetries: 1})
	defer client.Close()
	return client.Ping(ctx).Err()
}

func askMySQL(ctx context.Context, address string) error {
	config, err := mysql.ParseDSN(address)
	if err != nil {
		return err
	}
	connector, err := mysql.NewConnector(config)
	if err != nil {
		return err
	}
	conn, err := connector.Connect(ctx)
	if err != nil {
		return err
	}
	return conn.Close()
}

func askNATS(ctx context.Context, address string) error {
	conn, err := nats.Connect(address, nats.NoReconnect())
	if err != nil {
		return err
	}
	conn.Close()
	return nil
}

func askRabbit(ctx context.Context, address string) error {
	conn, err := amqp.DialConfig(address, amqp.Config{Dial: amqp.DefaultDial(2 * time.Second)})
	if err != nil {
		return err
	}
	return conn.Close()
}

// local listens on a port of this machine.
func local(t testing.TB) net.Listener {
	t.Helper()
	return got(net.Listen("tcp", "127.0.0.1:0"))(t)
}
