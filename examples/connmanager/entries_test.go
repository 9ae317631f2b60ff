package connmanager

import (
	"net"
	"runtime"
	"testing"
	"time"
	"weak"

	"github.com/stretchr/testify/assert"
)

// newManager is a manager that does not listen.
func newManager() *Manager { return &Manager{silence: time.Hour} }

func (m *Manager) has(id string) bool {
	_, ok := m.clients.Load(id)
	return ok
}

// An entry goes when the collector has taken the client, without anybody asking for it.
func TestCleanupRemovesTheEntry(t *testing.T) {
	m := newManager()
	conn, _ := net.Pipe()
	c := m.add("ada", conn)
	runtime.GC()
	assert.True(t, m.has("ada"), "somebody has the client")
	runtime.KeepAlive(c)
	for m.has("ada") {
		runtime.GC() // the cleanup runs on a goroutine of the runtime's
	}
}

// Who asks before the cleanup has run removes the entry.
func TestLookupRemovesADeadEntry(t *testing.T) {
	m := newManager()
	m.clients.Store("ada", weak.Pointer[Client]{})
	_, ok := m.Lookup("ada")
	assert.False(t, ok)
	assert.False(t, m.has("ada"))
}

// The cleanup of a client that has connected again comes late, and removes nothing.
func TestEntryOfALaterConnectionStays(t *testing.T) {
	m := newManager()
	conn, _ := net.Pipe()
	former := weak.Make(m.add("ada", conn))
	again := m.add("ada", conn)
	for former.Value() != nil {
		runtime.GC()
	}
	m.remove("ada", former)
	known, ok := m.Lookup("ada")
	assert.True(t, ok)
	assert.Same(t, again, known)
}
