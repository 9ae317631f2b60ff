// Package monitoring shows on a dashboard what the helpers assert in tests: how much
// is out of the pools of connections. A line that rises with every error and never
// falls is a leak that no test has met.
package monitoring

import (
	"database/sql"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
)

// Stats is how things stand in a pool.
type Stats struct {
	InUse, Idle, Open int64
	Waits             int64 // how often someone has had to wait for a connection
}

// DB reads the statistics of a pool of database/sql. (Those alone are had from
// collectors.NewDBStatsCollector of Prometheus as well.)
func DB(db *sql.DB) func() Stats {
	return func() Stats {
		s := db.Stats()
		return Stats{int64(s.InUse), int64(s.Idle), int64(s.OpenConnections), s.WaitCount}
	}
}

// PGX reads the statistics of a pool of pgxpool. Connections that are still being
// made are open, and neither idle nor in use.
func PGX(pool *pgxpool.Pool) func() Stats {
	return func() Stats {
		s := pool.Stat()
		return Stats{int64(s.AcquiredConns()), int64(s.IdleConns()), int64(s.TotalConns()), s.EmptyAcquireCount()}
	}
}

// Collector is a [prometheus.Collector] of pools, by name. It reads each one when it
// is asked, and at once, so that the numbers of a pool fit together; a gauge that is
// set at each use would need a line at each.
type Collector map[string]func() Stats

var (
	inUse = desc("db_connections_in_use", "Connections that somebody has taken and not given back.")
	idle  = desc("db_connections_idle", "Connections that wait to be taken.")
	open  = desc("db_connections_open", "Connections that there are.")
	waits = desc("db_connections_waits_total", "How often somebody has had to wait for a connection.")
)

func desc(name, help string) *prometheus.Desc {
	return prometheus.NewDesc(name, help, []string{"pool"}, nil)
}

// Describe says which metrics there are.
func (c Collector) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{inUse, idle, open, waits} {
		to <- d
	}
}

// Collect reads the pools.
func (c Collector) Collect(to chan<- prometheus.Metric) {
	for pool, stats := range c {
		s := stats()
		for _, m := range []struct {
			desc  *prometheus.Desc
			kind  prometheus.ValueType
			value int64
		}{
			{inUse, prometheus.GaugeValue, s.InUse},
			{idle, prometheus.GaugeValue, s.Idle},
			{open, prometheus.GaugeValue, s.Open},
			{waits, prometheus.CounterValue, s.Waits},
		} {
			to <- prometheus.MustNewConstMetric(m.desc, m.kind, float64(m.value), pool)
		}
	}
}
