package poolassert_test

import (
	"testing"

	"github.com/leakassert/leakassert/internal/faketb"
	"github.com/leakassert/leakassert/poolassert"
	"github.com/stretchr/testify/assert"
)

// checkOut does what the driver does on the goroutine of who runs an operation.
func checkOut(p *poolassert.MongoPool, address string, id int64) {
	p.Event("ConnectionCheckOutStarted", address, 0)
	p.Event("ConnectionCheckedOut", address, id)
}

func findAndForget(p *poolassert.MongoPool) {
	checkOut(p, "db1:27017", 1)
	checkOut(p, "db2:27017", 1)
}

func TestMongo(t *testing.T) {
	p := poolassert.Mongo("orders")
	f := faketb.New("T")
	assert.True(t, poolassert.NoLeak(f, func() {
		p.Event("ConnectionPoolCreated", "db1:27017", 0)
		p.Event("ConnectionCreated", "db1:27017", 1)
		checkOut(p, "db1:27017", 1)
		p.Event("ConnectionCheckedIn", "db1:27017", 1)
		checkOut(p, "db1:27017", 2)
		p.Event("ConnectionClosed", "db1:27017", 2)
		p.Event("ConnectionCheckedIn", "db1:27017", 2)
		p.Event("ConnectionCheckOutFailed", "db1:27017", 0)
		p.Event("ConnectionPoolCleared", "db1:27017", 0)
	}, p))
	assert.Empty(t, f.Errors()+f.Logs())
	assert.False(t, poolassert.NoLeak(f, func() { findAndForget(p) }, soon(p)))
	golden(t, "mongo", f.Errors())
	f = faketb.New("T")
	assert.True(t, poolassert.NoLeak(f, func() { p.Event("ConnectionCheckedIn", "db1:27017", 1) }, p))
	assert.Equal(t, int64(1), p.Stats().InUse, "connections of two servers have the same numbers")
}
