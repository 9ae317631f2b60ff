package poolassert

import (
	"reflect"
	"strings"
	"time"

	"github.com/leakassert/leakassert/internal/poolprobe"
)

// PGX is a pool of pgxpool, of any version. Connections that its health check takes
// for a moment are waited for. A query that was cancelled keeps its connection until
// the server has stopped it, which it does not if it had not begun it yet.
func PGX[S interface {
	AcquiredConns() int32
	IdleConns() int32
	TotalConns() int32
}](name string, pool interface{ Stat() S }) Pool {
	return statPool[S]{name, pool, func(s S) Stats {
		return Stats{InUse: int64(s.AcquiredConns()), Idle: int64(s.IdleConns()), Open: int64(s.TotalConns()), Raw: figures(s)}
	}}
}

// Puddle is a pool of puddle.
func Puddle[S interface {
	AcquiredResources() int32
	IdleResources() int32
	TotalResources() int32
}](name string, pool interface{ Stat() S }) Pool {
	return statPool[S]{name, pool, func(s S) Stats {
		return Stats{InUse: int64(s.AcquiredResources()), Idle: int64(s.IdleResources()), Open: int64(s.TotalResources()), Raw: figures(s)}
	}}
}

// A statPool is one whose statistics are methods of what Stat returns.
type statPool[S any] struct {
	name string
	pool interface{ Stat() S }
	read func(S) Stats
}

func (p statPool[S]) Name() string    { return p.name }
func (p statPool[S]) Stats() Stats    { return p.read(p.pool.Stat()) }
func (p statPool[S]) CloseBlocks()    {}
func (p statPool[S]) Validate() error { return notNil(p.name, p.pool) }

func (p statPool[S]) Package() string {
	t := reflect.TypeOf(p.pool)
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t.PkgPath()
}

// figures are the statistics that methods without arguments tell.
func figures(stat any) any {
	v := reflect.ValueOf(stat)
	all := make(map[string]any, v.NumMethod())
	for i := range v.NumMethod() {
		m := v.Method(i)
		if t := m.Type(); t.NumIn() != 0 || t.NumOut() != 1 || !v.Type().Method(i).IsExported() {
			continue
		}
		switch r := m.Call(nil)[0]; {
		case r.CanInt() && r.Type() != reflect.TypeFor[time.Duration]():
			all[v.Type().Method(i).Name] = r.Int()
		case r.CanInt():
			all[v.Type().Method(i).Name] = r.Interface()
		}
	}
	return all
}

var _ poolprobe.Blocker = statPool[int]{}

// notNil says that a client is missing.
func notNil(name string, client any) error {
	v := reflect.ValueOf(client)
	if !v.IsValid() || (v.Kind() == reflect.Pointer || v.Kind() == reflect.Func || v.Kind() == reflect.Chan || v.Kind() == reflect.Map) && v.IsNil() {
		return errNil(name)
	}
	return nil
}

type errNil string

func (e errNil) Error() string {
	return strings.TrimSpace(string(e)) + ": what it watches is nil: open it before the check"
}
