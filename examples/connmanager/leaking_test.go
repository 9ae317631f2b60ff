//go:build leaking

// The tests behind this build tag fail: they show how the leak is caught. The
// tour runs them.
package connmanager_test

import (
	"testing"

	"github.com/leakassert/leakassert/examples/connmanager"
	"github.com/leakassert/leakassert/leaktest"
	"github.com/stretchr/testify/require"
)

var manager *connmanager.Leaking // as a server has it, for as long as it runs

func TestLeakingManager(t *testing.T) {
	l := listen(t)
	polite, lost := dial(t, l), dial(t, l) // before the check, which then sees the server's side only
	leaktest.Check(t)
	manager = connmanager.StartLeaking(l)
	polite.join(t, "ada")
	lost.join(t, "eve")
	require.NoError(t, polite.Close())
	require.NoError(t, manager.Close())
}
