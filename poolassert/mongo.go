package poolassert

import (
	"fmt"

	"github.com/leakassert/leakassert/internal/poolprobe"
)

// Mongo is the pool of connections of a MongoDB client, known by its events:
//
//	pool := poolassert.Mongo("orders")
//	monitor := &event.PoolMonitor{Event: func(e *event.PoolEvent) { pool.Event(e.Type, e.Address, e.ConnectionID) }}
//	client, err := mongo.Connect(options.Client().SetPoolMonitor(monitor))
func Mongo(name string) *MongoPool { return &MongoPool{name: name} }

// A MongoPool is a [Pool] of MongoDB connections.
type MongoPool struct {
	name  string
	conns poolprobe.Checkouts
}

// Event takes note of an event: its Type, Address and ConnectionID. The driver calls
// monitors on the goroutine that takes the connection.
func (p *MongoPool) Event(kind, address string, connection int64) {
	key := fmt.Sprint(address, " ", connection)
	switch kind {
	case "ConnectionCheckedOut":
		p.conns.Out(key, 1)
	case "ConnectionCheckedIn", "ConnectionClosed":
		p.conns.Back(key)
	}
}

// Name is the pool's name.
func (p *MongoPool) Name() string { return p.name }

// Package is the driver's.
func (p *MongoPool) Package() string { return "go.mongodb.org/mongo-driver" }

// Stats tells of connections that are out.
func (p *MongoPool) Stats() Stats { return Stats{InUse: p.conns.Len()} }

// Prompt says that Stats needs no watching.
func (p *MongoPool) Prompt() {}

// Held tells who has taken the connections that are out.
func (p *MongoPool) Held() []poolprobe.Checkout { return p.conns.Held() }
