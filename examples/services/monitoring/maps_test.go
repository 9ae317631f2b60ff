package monitoring_test

import (
	"runtime"
	"strings"
	"testing"

	"github.com/leakassert/leakassert/examples/monitor"
	"github.com/leakassert/leakassert/examples/services/monitoring"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// showsMaps is shows for the metrics of maps.
func showsMaps(t *testing.T, c prometheus.Collector, metrics string) {
	t.Helper()
	assert.NoError(t, testutil.CollectAndCompare(c, strings.NewReader(`
		# HELP map_entries Entries of the map.
		# TYPE map_entries gauge
		# HELP map_live_values Values that were stored in the map and are still in memory.
		# TYPE map_live_values gauge
		# HELP map_miss_ratio Lookups of a key that was not there, of all since the start.
		# TYPE map_miss_ratio gauge
		# HELP map_loads_total Lookups.
		# TYPE map_loads_total counter
		# HELP map_misses_total Lookups of a key that was not there.
		# TYPE map_misses_total counter
	`+metrics)))
}

func TestMaps(t *testing.T) {
	m := monitor.New[string, [16]byte](100, func(int64) {})
	c := monitoring.Maps{"orders": m.Stats}
	ada, eve := new([16]byte), new([16]byte)
	m.Store("ada", ada)
	m.Store("eve", eve)
	for _, key := range []string{"ada", "eve", "bob", "ada"} {
		m.Load(key)
	}
	showsMaps(t, c, `
		map_entries{map="orders"} 2
		map_live_values{map="orders"} 2
		map_miss_ratio{map="orders"} 0.25
		map_loads_total{map="orders"} 4
		map_misses_total{map="orders"} 1
	`)
	m.Delete("ada")
	showsMaps(t, c, `
		map_entries{map="orders"} 1
		map_live_values{map="orders"} 2
		map_miss_ratio{map="orders"} 0.25
		map_loads_total{map="orders"} 4
		map_misses_total{map="orders"} 1
	`)
	runtime.KeepAlive(ada) // what was removed is still in use here, and from here on it is not
	for m.Stats().Live > 1 {
		runtime.GC()
	}
	showsMaps(t, c, `
		map_entries{map="orders"} 1
		map_live_values{map="orders"} 1
		map_miss_ratio{map="orders"} 0.25
		map_loads_total{map="orders"} 4
		map_misses_total{map="orders"} 1
	`)
	runtime.KeepAlive(eve)
}

func TestMapsAreRegistered(t *testing.T) {
	problems, err := testutil.CollectAndLint(monitoring.Maps{"orders": monitor.New[string, string](1, nil).Stats})
	require.NoError(t, err)
	assert.Empty(t, problems)
}
