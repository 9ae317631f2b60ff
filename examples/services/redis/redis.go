// Package redis keeps in Redis which orders are paid, and tells those who wait for
// one. It is here twice: as it left subscriptions and connections behind, and mended.
//
// Keys and channels have a prefix, so that others can use the server too.
package redis

import (
	"context"
	"errors"
	"time"

	"github.com/redis/go-redis/v9"
)

// ErrPaid is the error of paying an order again.
var ErrPaid = errors.New("redis: the order is paid")

// ErrNotReplicated is the error of a payment that too few replicas know of.
var ErrNotReplicated = errors.New("redis: the payment is not replicated")

// keep is for how long it is known that an order is paid.
const keep = time.Hour

// pay takes note of a payment and tells those who wait, in this order: who waits
// subscribes before it looks, so it does not miss both.
func pay(ctx context.Context, c redis.Cmdable, key string) error {
	switch first, err := c.SetNX(ctx, key, "paid", keep).Result(); {
	case err != nil:
		return err
	case !first:
		return ErrPaid
	}
	return c.Publish(ctx, key, "paid").Err()
}

// paid reports whether an order is.
func paid(ctx context.Context, c redis.Cmdable, key string) (bool, error) {
	n, err := c.Exists(ctx, key).Result()
	return n > 0, err
}
