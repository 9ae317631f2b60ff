package monitor_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/leakassert/leakassert/examples/monitor"
	"github.com/leakassert/leakassert/leaktest"
	"github.com/leakassert/leakassert/memassert"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// get gets what an operator would.
func get(t *testing.T, path string) string {
	t.Helper()
	server := httptest.NewServer(monitor.Handler())
	defer server.Close()
	response, err := server.Client().Get(server.URL + path)
	require.NoError(t, err)
	defer func() { assert.NoError(t, response.Body.Close()) }()
	require.Equal(t, http.StatusOK, response.StatusCode)
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return string(body)
}

// The statistics are shown as long as the map is published, and the map is not kept
// afterwards.
func TestVars(t *testing.T) {
	leaktest.Check(t)
	m := monitor.New[string, order](100, quiet)
	memassert.Collected(t, m)
	remove := monitor.Publish("orders", m.Stats)
	m.Store("ada", newOrder("apples"))
	m.Load("ada")
	m.Load("eve")

	var vars struct{ Maps map[string]map[string]float64 }
	require.NoError(t, json.Unmarshal([]byte(get(t, "/debug/vars")), &vars))
	assert.Equal(t, map[string]float64{
		"entry_count": 1, "loads": 2, "misses": 1, "miss_rate": 0.5, "live_values": 1,
	}, vars.Maps["orders"])
	remove()
	assert.NotContains(t, get(t, "/debug/vars"), "entry_count")
}

// The profile of the heap shows where the entries were allocated. The profile is a
// sample of what was allocated: of 64 MiB there is some.
func TestHeapProfile(t *testing.T) {
	leaktest.Check(t)
	m := monitor.New[int, [1 << 20]byte](100, quiet)
	for i := range 64 {
		m.Store(i, newAttachment())
	}
	profile := get(t, "/debug/pprof/heap?gc=1&debug=1")
	assert.Contains(t, profile, "heap profile: ")
	assert.Contains(t, profile, "monitor_test.newAttachment")
	assert.EqualValues(t, 64, m.Stats().Entries)
}

//go:noinline
func newAttachment() *[1 << 20]byte { return new([1 << 20]byte) }
