package redis

import (
	"context"
	"time"

	"github.com/redis/go-redis/v9"
)

// Leaking is what closes what it has opened where it was thought of.
type Leaking struct {
	Client *redis.Client
	Prefix string
}

// AwaitPaid waits until an order is paid.
func (l Leaking) AwaitPaid(ctx context.Context, order string) error {
	sub := l.Client.Subscribe(ctx, l.Prefix+order)
	if _, err := sub.Receive(ctx); err != nil { // the server knows of the subscription
		return err
	}
	if ok, err := paid(ctx, l.Client, l.Prefix+order); ok || err != nil {
		return err // and sub has its connection still
	}
	select {
	case <-sub.Channel():
		return sub.Close()
	case <-ctx.Done():
		return ctx.Err() // and here, with goroutines that read from it
	}
}

// Pay takes note that an order is paid, on so many replicas. WAIT is about what its
// own connection has written, so this needs one of its own.
func (l Leaking) Pay(ctx context.Context, order string, replicas int) error {
	conn := l.Client.Conn()
	if err := pay(ctx, conn, l.Prefix+order); err != nil {
		return err // and conn has its connection still, as on every error here
	}
	switch n, err := conn.Wait(ctx, replicas, time.Millisecond).Result(); {
	case err != nil:
		return err
	case int(n) < replicas:
		return ErrNotReplicated
	}
	return conn.Close()
}
