package bench

import (
	"sync"

	"github.com/leakassert/leakassert/internal/mapdrive"
)

// A syncMap is a sync.Map as the driver of maps sees it.
type syncMap struct{ m sync.Map }

var _ mapdrive.Target = (*syncMap)(nil)

func newSyncMap() mapdrive.Target { return new(syncMap) }

func (s *syncMap) Has(k mapdrive.Kind) bool { return k != mapdrive.Len }
func (s *syncMap) Len() int                 { panic("bench: a sync.Map has no Len") }

func (s *syncMap) Do(op mapdrive.Op) mapdrive.Result {
	switch op.Kind {
	case mapdrive.Load:
		return result(s.m.Load(op.Key))
	case mapdrive.Store:
		s.m.Store(op.Key, op.Val)
	case mapdrive.Delete:
		s.m.Delete(op.Key)
	case mapdrive.LoadOrStore:
		return result(s.m.LoadOrStore(op.Key, op.Val))
	case mapdrive.LoadAndDelete:
		return result(s.m.LoadAndDelete(op.Key))
	case mapdrive.Swap:
		return result(s.m.Swap(op.Key, op.Val))
	case mapdrive.CompareAndSwap:
		return mapdrive.Result{Val: mapdrive.Absent, OK: s.m.CompareAndSwap(op.Key, op.Old, op.Val)}
	case mapdrive.CompareAndDelete:
		return mapdrive.Result{Val: mapdrive.Absent, OK: s.m.CompareAndDelete(op.Key, op.Old)}
	case mapdrive.Clear:
		s.m.Clear()
	}
	return mapdrive.Result{Val: mapdrive.Absent}
}

func (s *syncMap) Range(f func(key, val int) bool) {
	s.m.Range(func(key, val any) bool { return f(key.(int), val.(int)) })
}

// result has no value where there is none; a LoadOrStore that has stored returns one.
func result(v any, ok bool) mapdrive.Result {
	if v == nil {
		return mapdrive.Result{Val: mapdrive.Absent, OK: ok}
	}
	return mapdrive.Result{Val: v.(int), OK: ok}
}
