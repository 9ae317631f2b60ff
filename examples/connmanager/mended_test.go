package connmanager_test

import (
	"fmt"
	"net"
	"regexp"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/leakassert/leakassert/examples/connmanager"
	"github.com/leakassert/leakassert/examples/internal/readme"
	"github.com/leakassert/leakassert/fdassert"
	"github.com/leakassert/leakassert/internal/faketb"
	"github.com/leakassert/leakassert/leaktest"
	"github.com/leakassert/leakassert/memassert"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// start starts a manager that is closed when the test is over.
func start(t *testing.T, silence time.Duration) (*connmanager.Manager, net.Listener) {
	t.Helper()
	l := listen(t)
	m := connmanager.Start(l, silence)
	t.Cleanup(func() { _ = m.Close() })
	return m, l
}

func TestManager(t *testing.T) {
	leaktest.Check(t)
	m, l := start(t, time.Hour)
	var clients sync.WaitGroup
	for i := range 20 {
		c, id := dial(t, l), fmt.Sprint("client ", i)
		clients.Go(func() {
			c.join(t, id)
			known, ok := m.Lookup(id)
			if assert.True(t, ok) {
				assert.Equal(t, id, known.ID)
				assert.NoError(t, known.Send("news for "+id))
				assert.True(t, c.lines.Scan())
				assert.Equal(t, "news for "+id, c.lines.Text())
			}
		})
	}
	clients.Wait()
	_, ok := m.Lookup("nobody")
	assert.False(t, ok)
	require.NoError(t, m.Close())
	assert.ErrorIs(t, m.Close(), net.ErrClosed)
}

// The collector does not take a client that is connected, though only its goroutine has it.
func TestConnectedClientStays(t *testing.T) {
	leaktest.Check(t)
	m, l := start(t, time.Hour)
	c := dial(t, l)
	c.join(t, "ada")
	runtime.GC()
	_, ok := m.Lookup("ada")
	assert.True(t, ok)
}

// A client that says goodbye leaves nothing behind while the manager runs on.
func TestClientThatCloses(t *testing.T) {
	m, l := start(t, time.Hour)
	fdassert.NoLeak(t, func() {
		c := dial(t, l)
		c.join(t, "ada")
		known, ok := m.Lookup("ada")
		require.True(t, ok)
		memassert.Collected(t, known)
		require.NoError(t, c.Close())
	})
}

// Neither does a client that vanishes: its side of the connection stays open, and nothing comes.
func TestClientThatVanishes(t *testing.T) {
	fdassert.Check(t)
	m, l := start(t, 20*time.Millisecond)
	var known *connmanager.Client
	for known == nil { // once more if the machine is so busy that the client is dropped before
		lost := dial(t, l)
		_, _ = fmt.Fprintln(lost, "eve")
		if lost.lines.Scan() { // the welcome
			known, _ = m.Lookup("eve")
		}
		lost.isDropped(t)
	}
	assert.ErrorIs(t, known.Send("news"), net.ErrClosed)
	memassert.Collected(t, known)
}

// A client that connects and does not say who it is has no more time than others.
func TestClientWithoutAnID(t *testing.T) {
	leaktest.Check(t)
	_, l := start(t, 20*time.Millisecond)
	dial(t, l).isDropped(t)
}

func TestClientThatConnectsAgain(t *testing.T) {
	leaktest.Check(t)
	m, l := start(t, time.Hour)
	former, again := dial(t, l), dial(t, l)
	former.join(t, "ada")
	again.join(t, "ada")
	former.isDropped(t)
	known, ok := m.Lookup("ada")
	require.True(t, ok)
	require.NoError(t, known.Send("news"))
	assert.True(t, again.lines.Scan())
	assert.Equal(t, "news", again.lines.Text())
}

// Close ends connections in each state, and then nobody serves any more.
func TestClose(t *testing.T) {
	leaktest.Check(t)
	m, l := start(t, time.Hour)
	accepted, joined, busy := dial(t, l), dial(t, l), dial(t, l)
	joined.join(t, "ada")
	busy.join(t, "bob")
	busy.beat(t, "a heartbeat")
	require.NoError(t, m.Close())
	for _, c := range []client{accepted, joined, busy} {
		c.isDropped(t)
	}
}

// varies matches the number of the client's descriptor, and the settle time, which is
// shorter for a place that has leaked before.
var varies = regexp.MustCompile(`(other end: |settled for )\w+`)

// The leaking twin is caught each time: on the connection of a client that has closed
// its side, and on the reader of one that has vanished.
func TestLeakingManagerIsCaught(t *testing.T) {
	l := listen(t)
	polite, lost := dial(t, l), dial(t, l)
	f := faketb.New("TestGoodbye")
	var m *connmanager.Leaking
	assert.False(t, leaktest.NoLeak(f, func() {
		m = connmanager.StartLeaking(l)
		polite.join(t, "ada")
		lost.join(t, "eve")
		assert.NoError(t, polite.Close())
		assert.NoError(t, m.Close())
	}, leaktest.Settle(500*time.Millisecond)))
	readme.Report(t, "TestGoodbye", f.Errors(), varies)

	f = faketb.New("TestEntries")
	for _, id := range []string{"ada", "eve"} {
		known, ok := m.Lookup(id)
		require.True(t, ok)
		memassert.Collected(f, known, memassert.Settle(0))
	}
	f.End()
	assert.Contains(t, f.Errors(), "2 of 2 *connmanager.Client still alive")
	_, ok := m.Lookup("nobody")
	assert.False(t, ok)
}
