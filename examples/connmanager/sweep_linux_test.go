package connmanager

import (
	"net"
	"runtime"
	"testing"
	"time"
	"weak"

	"github.com/leakassert/leakassert/examples/internal/readme"
	"github.com/leakassert/leakassert/internal/faketb"
	"github.com/leakassert/leakassert/leaktest/mapfuzz"
)

// A silent connection does nothing.
type silent struct{ net.Conn }

func (silent) Close() error { return nil }

// reconnects has a client connect again while its former entry is swept.
func reconnects(sweep func(m *Manager, id string, entry weak.Pointer[Client])) func(*mapfuzz.Schedule) {
	return func(s *mapfuzz.Schedule) {
		var m Manager
		var former, latest *Client
		s.Setup(func() { former = m.add("ann", silent{}) })
		s.Go(func() { sweep(&m, "ann", weak.Make(former)) })
		s.Go(func() { latest = m.add("ann", silent{}) })
		s.After(func() {
			if c, ok := m.Lookup("ann"); !ok || c != latest {
				s.Errorf("the client that has connected again is not there")
			}
			runtime.KeepAlive(former)
			runtime.KeepAlive(latest)
		})
	}
}

// The methods of sync.Map are in internal/sync.
var syncMap = mapfuzz.Explore("internal/sync", "sync")

func TestSweepInEverySchedule(t *testing.T) {
	mapfuzz.ExploreFunc(t, reconnects((*Manager).remove), syncMap, mapfuzz.Budget(3*time.Second))
}

// A sweep that looks and then deletes takes the entry that has come in between.
func TestSweepThatLooksFirstIsCaught(t *testing.T) {
	f := faketb.New(t.Name())
	mapfuzz.ExploreFunc(f, reconnects(func(m *Manager, id string, entry weak.Pointer[Client]) {
		if is, ok := m.clients.Load(id); ok && is == entry {
			m.clients.Delete(id)
		}
	}), syncMap, mapfuzz.Seed(1))
	readme.Report(t, "TestSweep", f.Errors(), readme.Schedule)
}
