package ordercache

import (
	"time"

	"github.com/maypok86/otter/v2"
)

const (
	// MaxWeight is how much room all orders together take, in lines.
	MaxWeight = 10_000
	// Keep is for how long an order is kept after it was put.
	Keep = 30 * time.Second
)

// Cache is the mended one: the least useful orders go when there is no room for
// more, and old ones anyway. Weight is the measure, and not how many there are, as
// one order may be a thousand times another. otter cleans up on a goroutine of its
// own, so whoever makes a Cache closes it.
type Cache struct{ orders *otter.Cache[string, *Order] }

// New is an empty cache.
func New() *Cache {
	return &Cache{otter.Must(&otter.Options[string, *Order]{
		MaximumWeight:    MaxWeight,
		Weigher:          func(_ string, o *Order) uint32 { return uint32(o.Size()) },
		ExpiryCalculator: otter.ExpiryWriting[string, *Order](Keep),
	})}
}

// Put keeps an order, for a while.
func (c *Cache) Put(o *Order) { c.orders.Set(o.ID, o) }

// Get is the order of an ID, if it is kept.
func (c *Cache) Get(id string) (*Order, bool) { return c.orders.GetIfPresent(id) }

// Weight is how much room the orders take that are kept. What has expired or is too
// much counts until it is cleaned up, which is soon.
func (c *Cache) Weight() uint64 { return c.orders.WeightedSize() }

// Close ends the cache's goroutine.
func (c *Cache) Close() { c.orders.StopAllGoroutines() }
