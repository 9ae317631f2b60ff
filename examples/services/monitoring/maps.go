package monitoring

import (
	"github.com/leakassert/leakassert/examples/monitor"
	"github.com/prometheus/client_golang/prometheus"
)

// Maps is a [prometheus.Collector] of the maps of package monitor, by name. A map whose
// entries rise and never fall is one from which nobody deletes. One whose live values stay
// far above its entries has values that something else keeps.
type Maps map[string]func() monitor.Stats

var (
	mapEntries = mapDesc("map_entries", "Entries of the map.")
	mapLive    = mapDesc("map_live_values", "Values that were stored in the map and are still in memory.")
	mapRatio   = mapDesc("map_miss_ratio", "Lookups of a key that was not there, of all since the start.")
	mapLoads   = mapDesc("map_loads_total", "Lookups.")
	mapMisses  = mapDesc("map_misses_total", "Lookups of a key that was not there.")
)

func mapDesc(name, help string) *prometheus.Desc {
	return prometheus.NewDesc(name, help, []string{"map"}, nil)
}

// Describe says which metrics there are.
func (m Maps) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{mapEntries, mapLive, mapRatio, mapLoads, mapMisses} {
		to <- d
	}
}

// Collect reads the statistics of the maps.
func (m Maps) Collect(to chan<- prometheus.Metric) {
	for name, stats := range m {
		s := stats()
		for _, m := range []struct {
			desc  *prometheus.Desc
			kind  prometheus.ValueType
			value float64
		}{
			{mapEntries, prometheus.GaugeValue, float64(s.Entries)},
			{mapLive, prometheus.GaugeValue, float64(s.Live)},
			{mapRatio, prometheus.GaugeValue, s.MissRate},
			{mapLoads, prometheus.CounterValue, float64(s.Loads)},
			{mapMisses, prometheus.CounterValue, float64(s.Misses)},
		} {
			to <- prometheus.MustNewConstMetric(m.desc, m.kind, m.value, name)
		}
	}
}
