// Package monitor watches a concurrent map in production: how many entries it has, how
// many lookups miss, and whether what was removed is released. It is here twice: with a
// counter that is wrong and a cleanup that keeps the map, and mended.
package monitor

import (
	"expvar"
	"net/http"
	"net/http/pprof"
)

// Stats are the statistics of a map.
type Stats struct {
	Entries  int64   `json:"entry_count"`
	Loads    int64   `json:"loads"`     // lookups
	Misses   int64   `json:"misses"`    // lookups of a key that was not there
	MissRate float64 `json:"miss_rate"` // Misses / Loads
	// Live is how many values were stored and are still in memory. If it stays far above
	// Entries, something else keeps what was removed. Values without pointers that are
	// smaller than 16 bytes share blocks of memory, and are not counted reliably.
	Live int64 `json:"live_values"`
}

func newStats(entries, loads, misses, live int64) Stats {
	return Stats{entries, loads, misses, float64(misses) / float64(max(loads, 1)), live}
}

// maps has the statistics of all maps, as the variable "maps" of expvar.
var maps = expvar.NewMap("maps")

// Publish shows the statistics under the name, until remove is called. Without that the
// map would be kept for good.
func Publish(name string, stats func() Stats) (remove func()) {
	maps.Set(name, expvar.Func(func() any { return stats() }))
	return func() { maps.Delete(name) }
}

// Handler serves the variables at /debug/vars and the profiles at /debug/pprof/. Serve it
// where only operators come. (To import net/http/pprof puts the profiles on
// http.DefaultServeMux, too, so don't serve that one to others.)
func Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /debug/vars", expvar.Handler())
	mux.HandleFunc("GET /debug/pprof/", pprof.Index) // and below it the heap
	mux.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	return mux
}
