package poolassert

import (
	"fmt"
	"reflect"
)

// Redis is the pool of a client of go-redis, of any kind: Client, ClusterClient,
// Ring. In use is what is open and not idle; connections that subscribe, which are
// counted apart, are a gauge of their own where the version tells of them.
func Redis[S any](name string, client interface{ PoolStats() S }) Pool {
	return fieldPool[S]{name, client, client.PoolStats, "TotalConns", "IdleConns", "github.com/redis/go-redis/v9"}
}

// Redigo is a pool of redigo.
func Redigo[S any](name string, pool interface{ Stats() S }) Pool {
	return fieldPool[S]{name, pool, pool.Stats, "ActiveCount", "IdleCount", "github.com/gomodule/redigo/redis"}
}

// A fieldPool is one whose statistics are fields of a struct.
type fieldPool[S any] struct {
	name       string
	client     any
	stats      func() S
	open, idle string
	pkg        string
}

func (p fieldPool[S]) Name() string    { return p.name }
func (p fieldPool[S]) Package() string { return p.pkg }

func (p fieldPool[S]) Validate() error {
	if err := notNil(p.name, p.client); err != nil {
		return err
	}
	t := reflect.TypeFor[S]()
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	for _, field := range []string{p.open, p.idle} {
		if t.Kind() != reflect.Struct {
			return fmt.Errorf("%s: its statistics, %v, are no struct: use Watch", p.name, t)
		}
		if f, ok := t.FieldByName(field); !ok || !f.Type.ConvertibleTo(reflect.TypeFor[int64]()) {
			return fmt.Errorf("%s: its statistics, %v, have no number %s: use Watch", p.name, t, field)
		}
	}
	return nil
}

func (p fieldPool[S]) Stats() Stats {
	raw := p.stats()
	v := reflect.Indirect(reflect.ValueOf(raw))
	open, idle := number(v.FieldByName(p.open)), number(v.FieldByName(p.idle))
	// They are read one after the other.
	s := Stats{InUse: max(0, open-idle), Open: open, Idle: idle, Raw: raw}
	if f := v.FieldByName("PendingRequests"); f.IsValid() {
		s.Waiting = number(f)
	}
	if f := v.FieldByName("PubSubStats"); f.IsValid() && f.Kind() == reflect.Struct {
		if active := f.FieldByName("Active"); active.IsValid() {
			s.Gauges = append(s.Gauges, Reading{Name: "PubSub", Value: number(active)})
		}
	}
	return s
}

func number(v reflect.Value) int64 {
	switch {
	case v.CanInt():
		return v.Int()
	case v.CanUint():
		return int64(v.Uint())
	}
	return 0
}
