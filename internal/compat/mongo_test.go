package compat

import (
	"testing"

	"github.com/leakassert/leakassert/poolassert"
	"github.com/stretchr/testify/assert"
	"go.mongodb.org/mongo-driver/v2/event"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// What the driver tells its monitor is what the pool is told.
func TestMongo(t *testing.T) {
	pool := poolassert.Mongo("orders")
	monitor := &event.PoolMonitor{Event: func(e *event.PoolEvent) { pool.Event(e.Type, e.Address, e.ConnectionID) }}
	assert.NoError(t, options.Client().SetPoolMonitor(monitor).Validate())
	tell := func(kind string, id int64) {
		monitor.Event(&event.PoolEvent{Type: kind, Address: "db:27017", ConnectionID: id})
	}
	holds(t, pool, func() {
		tell(event.ConnectionPoolCreated, 0)
		tell(event.ConnectionPoolReady, 0)
		tell(event.ConnectionCheckOutStarted, 0)
		tell(event.ConnectionCreated, 1)
		tell(event.ConnectionReady, 1)
		tell(event.ConnectionCheckedOut, 1)
		tell(event.ConnectionCheckedIn, 1)
		tell(event.ConnectionClosed, 1)
		tell(event.ConnectionCheckOutStarted, 0)
		tell(event.ConnectionCheckOutFailed, 0)
		tell(event.ConnectionPoolCleared, 0)
	})
	leaks(t, pool, "orders  InUse 0 → 1", func() { tell(event.ConnectionCheckedOut, 2) })
	tell(event.ConnectionCheckedIn, 2)
}
