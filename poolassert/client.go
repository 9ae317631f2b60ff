package poolassert

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"reflect"
	"time"
)

// DB returns the pool of connections of database/sql. A connection is in use until its rows
// are closed or have been read to the end, its transaction is committed or rolled back, or
// its Conn is closed.
func DB(name string, db *sql.DB) Pool {
	stats := func() Stats {
		s := db.Stats()
		return Stats{InUse: int64(s.InUse), Idle: int64(s.Idle), Open: int64(s.OpenConnections), Raw: s}
	}
	return dbPool{known{named(name), "database/sql", notNil(db, "the *sql.DB"), stats}, db}
}

type dbPool struct {
	known
	db *sql.DB
}

func (p dbPool) Address() uintptr { return reflect.ValueOf(p.db).Pointer() }
func (p dbPool) Prompt()          {}

// Closed asks with a context with which no connection is made: that the pool is closed is
// told first.
func (p dbPool) Closed() bool {
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	err := p.db.PingContext(cancelled)
	return err != nil && !errors.Is(err, context.Canceled)
}

// PGX returns a pool of pgxpool, of any version. A check waits for connections that the
// pool's health check takes for a moment. A cancelled query keeps its connection until the
// server has stopped the query. The server does not stop a query that it has not begun.
func PGX[S interface {
	AcquiredConns() int32
	IdleConns() int32
	TotalConns() int32
}](name string, pool interface{ Stat() S }) Pool {
	return byMethods(name, pool, S.AcquiredConns, S.IdleConns, S.TotalConns)
}

// Puddle returns a pool of puddle.
func Puddle[S interface {
	AcquiredResources() int32
	IdleResources() int32
	TotalResources() int32
}](name string, pool interface{ Stat() S }) Pool {
	return byMethods(name, pool, S.AcquiredResources, S.IdleResources, S.TotalResources)
}

// byMethods is a pool whose statistics are methods of what Stat returns.
func byMethods[S any](name string, pool interface{ Stat() S }, inUse, idle, open func(S) int32) Pool {
	p := blockingPool{known{named: named(name), err: notNil(pool, watched)}}
	if p.err == nil {
		p.pkg = structOf(reflect.TypeOf(pool)).PkgPath()
	}
	p.stats = func() Stats {
		s := pool.Stat()
		return Stats{InUse: int64(inUse(s)), Idle: int64(idle(s)), Open: int64(open(s)), Raw: figures(s)}
	}
	return p
}

type blockingPool struct{ known }

func (blockingPool) CloseBlocks() {}

// structOf is the type that pointers lead to.
func structOf(t reflect.Type) reflect.Type {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t
}

// figures are the statistics that methods without arguments tell.
func figures(stat any) map[string]any {
	v := reflect.ValueOf(stat)
	all := make(map[string]any, v.NumMethod())
	for method, m := range v.Methods() {
		if m.Type().NumIn() != 0 || m.Type().NumOut() != 1 {
			continue
		}
		if r := m.Call(nil)[0]; r.Type() == reflect.TypeFor[time.Duration]() {
			all[method.Name] = r.Interface()
		} else if r.CanInt() {
			all[method.Name] = r.Int()
		}
	}
	return all
}

// Redis returns the pool of a client of go-redis: Client, ClusterClient or Ring. A
// connection is in use if it is open and not idle. The gauge PubSub counts connections that
// subscribe, if the version of go-redis counts them.
func Redis[S any](name string, client interface{ PoolStats() S }) Pool {
	return byFields(name, "github.com/redis/go-redis/v9", client, client.PoolStats, "TotalConns", "IdleConns")
}

// Redigo returns a pool of redigo.
func Redigo[S any](name string, pool interface{ Stats() S }) Pool {
	return byFields(name, "github.com/gomodule/redigo/redis", pool, pool.Stats, "ActiveCount", "IdleCount")
}

// byFields is a pool whose statistics are fields of a struct.
func byFields[S any](name, pkg string, client any, stats func() S, open, idle string) Pool {
	err := notNil(client, watched)
	if err == nil {
		err = lacks(structOf(reflect.TypeFor[S]()), open, idle)
	}
	return known{named(name), pkg, err, func() Stats {
		raw := stats()
		v := reflect.Indirect(reflect.ValueOf(raw))
		s := Stats{Open: number(v, open), Idle: number(v, idle), Waiting: number(v, "PendingRequests"), Raw: raw}
		s.InUse = max(0, s.Open-s.Idle) // they are read one after the other
		if f := v.FieldByName("PubSubStats"); f.Kind() == reflect.Struct && f.FieldByName("Active").IsValid() {
			s.Gauges = []Reading{{Name: "PubSub", Value: number(f, "Active")}}
		}
		return s
	}}
}

// lacks says which of the fields the statistics lack.
func lacks(t reflect.Type, fields ...string) error {
	if t.Kind() != reflect.Struct {
		return fmt.Errorf("its statistics, a %v, are not a struct: use Watch", t)
	}
	for _, field := range fields {
		if f, ok := t.FieldByName(field); !ok || !f.Type.ConvertibleTo(reflect.TypeFor[int64]()) {
			return fmt.Errorf("its statistics, a %v, have no numeric field %s: use Watch", t, field)
		}
	}
	return nil
}

// number is the value of a field; 0 if there is none.
func number(v reflect.Value, field string) int64 {
	switch v = v.FieldByName(field); {
	case v.CanInt():
		return v.Int()
	case v.CanUint():
		return int64(v.Uint())
	}
	return 0
}

// Mongo returns the pool of connections of a MongoDB client, known from its events:
//
//	pool := poolassert.Mongo("orders")
//	monitor := &event.PoolMonitor{Event: func(e *event.PoolEvent) { pool.Event(e.Type, e.Address, e.ConnectionID) }}
//	client, err := mongo.Connect(options.Client().SetPoolMonitor(monitor))
func Mongo(name string) *MongoPool { return &MongoPool{recorded{named: named(name)}} }

// A MongoPool is a [Pool] of MongoDB connections. [Mongo] returns one.
type MongoPool struct{ recorded }

// Event records an event of the driver: its Type, Address and ConnectionID. The driver calls
// monitors on the goroutine that takes the connection.
func (p *MongoPool) Event(kind, address string, connection int64) {
	key := fmt.Sprint(address, " ", connection)
	switch kind {
	case "ConnectionCheckedOut":
		p.out.Out(key)
	case "ConnectionCheckedIn", "ConnectionClosed":
		p.out.Back(key)
	}
}

// Package returns the driver's package.
func (p *MongoPool) Package() string { return "go.mongodb.org/mongo-driver" }

// Stats returns how many connections are out.
func (p *MongoPool) Stats() Stats { return Stats{InUse: p.out.len()} }
