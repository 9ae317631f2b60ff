package procfd_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leakassert/leakassert/internal/procfd"
)

// The identities are the same by whichever call a kernel has.
func TestIdentityByOlderCalls(t *testing.T) {
	var now, path, fstat procfd.Table
	require.NoError(t, now.Read())
	procfd.SetNeedsPath(true)
	defer procfd.SetNeedsPath(false)
	require.NoError(t, path.Read())
	procfd.SetStatx(false)
	defer procfd.SetStatx(true)
	require.NoError(t, fstat.Read())
	assert.Equal(t, now.Entries, path.Entries)
	assert.Equal(t, now.Entries, fstat.Entries)
}
