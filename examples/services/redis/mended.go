package redis

import (
	"context"
	"time"

	"github.com/redis/go-redis/v9"
)

// Payments is the mended one: the line after the one that opens something says that
// it is closed.
type Payments struct {
	Client *redis.Client
	Prefix string
}

// AwaitPaid waits until an order is paid.
func (p Payments) AwaitPaid(ctx context.Context, order string) error {
	sub := p.Client.Subscribe(ctx, p.Prefix+order)
	defer sub.Close()
	if _, err := sub.Receive(ctx); err != nil { // the server knows of the subscription
		return err
	}
	if ok, err := paid(ctx, p.Client, p.Prefix+order); ok || err != nil {
		return err
	}
	select {
	case <-sub.Channel():
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Pay takes note that an order is paid, on so many replicas. WAIT is about what its
// own connection has written, so this needs one of its own.
func (p Payments) Pay(ctx context.Context, order string, replicas int) error {
	conn := p.Client.Conn()
	defer conn.Close()
	if err := pay(ctx, conn, p.Prefix+order); err != nil {
		return err
	}
	switch n, err := conn.Wait(ctx, replicas, time.Millisecond).Result(); {
	case err != nil:
		return err
	case int(n) < replicas:
		return ErrNotReplicated
	}
	return nil
}
