//go:build linux

package corpus

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/gomodule/redigo/redis"
	"github.com/nats-io/nats.go"
	amqp "github.com/rabbitmq/amqp091-go"
	goredis "github.com/redis/go-redis/v9"
)

func newRedis(t testing.TB) *goredis.Client {
	client := goredis.NewClient(&goredis.Options{Addr: redisDB.address})
	t.Cleanup(func() { client.Close() })
	return client
}

func redisGetSet(t testing.TB) {
	ctx, client, key := context.Background(), newRedis(t), own()
	must(t, client.Set(ctx, key, "pen", time.Minute).Err())
	equal(t, got(client.Get(ctx, key).Result())(t), "pen")
	must(t, client.Del(ctx, key).Err())
	equal(t, client.Get(ctx, key).Err(), error(goredis.Nil))
}

func redisPipeline(t testing.TB) {
	ctx, client, key := context.Background(), newRedis(t), own()
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if _, err := client.TxPipelined(ctx, func(p goredis.Pipeliner) error {
				p.Incr(ctx, key)
				p.Expire(ctx, key, time.Minute)
				return nil
			}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	equal(t, got(client.GetDel(ctx, key).Result())(t), "4")
}

func redisSubscribe(t testing.TB) {
	ctx, client, channel := context.Background(), newRedis(t), own()
	sub := client.Subscribe(ctx, channel)
	defer sub.Close()
	got(sub.Receive(ctx))(t)
	must(t, client.Publish(ctx, channel, "news").Err())
	equal(t, (<-sub.Channel()).Payload, "news")
}

func redisBlocking(t testing.TB) {
	client := goredis.NewClient(&goredis.Options{Addr: redisDB.address, ContextTimeoutEnabled: true, MaxRetries: -1})
	defer client.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	if client.BLPop(ctx, time.Minute, own()).Err() == nil {
		t.Fatal("not cancelled")
	}
}

func redigoPool(t testing.TB) {
	pool := &redis.Pool{MaxIdle: 2, Dial: func() (redis.Conn, error) { return redis.Dial("tcp", redisDB.address) }}
	defer pool.Close()
	conn := pool.Get()
	defer conn.Close()
	equal(t, got(redis.String(conn.Do("PING")))(t), "PONG")
}

func connectNATS(t testing.TB) *nats.Conn {
	t.Helper()
	return got(nats.Connect(natsBus.address))(t)
}

func natsPublish(t testing.TB) {
	conn := connectNATS(t)
	defer conn.Close()
	subject := own()
	sub := got(conn.SubscribeSync(subject))(t)
	must(t, conn.Publish(subject, []byte("news")))
	equal(t, string(got(sub.NextMsg(time.Minute))(t).Data), "news")
	must(t, sub.Unsubscribe())
}

func natsRequest(t testing.TB) {
	conn := connectNATS(t)
	defer conn.Close()
	subject := own()
	got(conn.Subscribe(subject, func(m *nats.Msg) { m.Respond([]byte("answer")) }))(t)
	equal(t, string(got(conn.Request(subject, nil, time.Minute))(t).Data), "answer")
}

func natsDrain(t testing.TB) {
	closed := make(chan struct{})
	conn := got(nats.Connect(natsBus.address, nats.ClosedHandler(func(*nats.Conn) { close(closed) })))(t)
	subject := own()
	received := make(chan struct{}, 10)
	got(conn.QueueSubscribe(subject, "workers", func(*nats.Msg) { received <- struct{}{} }))(t)
	for range 5 {
		must(t, conn.Publish(subject, nil))
	}
	must(t, conn.Drain())
	<-closed
	equal(t, len(received), 5)
}

func amqpConsume(t testing.TB) {
	conn := got(amqp.Dial(rabbit.address))(t)
	defer conn.Close()
	ch := got(conn.Channel())(t)
	q := got(ch.QueueDeclare("", false, true, true, false, nil))(t)
	deliveries := got(ch.Consume(q.Name, "", false, true, false, false, nil))(t)
	for range 3 {
		must(t, ch.PublishWithContext(t.Context(), "", q.Name, false, false, amqp.Publishing{Body: []byte("news")}))
	}
	for range 3 {
		d := <-deliveries
		must(t, d.Ack(false))
	}
	must(t, ch.Close())
}

func amqpConfirm(t testing.TB) {
	conn := got(amqp.Dial(rabbit.address))(t)
	defer conn.Close()
	ch := got(conn.Channel())(t)
	must(t, ch.Confirm(false))
	q := got(ch.QueueDeclare("", false, true, true, false, nil))(t)
	c := got(ch.PublishWithDeferredConfirm("", q.Name, false, false, amqp.Publishing{Body: []byte("news")}))(t)
	equal(t, got(c.WaitContext(t.Context()))(t), true)
}
