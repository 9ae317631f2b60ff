package poolassert_test

import (
	"database/sql"
	"fmt"
	"strings"
	"time"

	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/leakassert/leakassert/poolassert"
)

// The examples run outside of go test, so t is not a test's: it prints the lines about pools of the
// report of a failing check. In a test, use the test's own t.
var t = &printer{}

type printer struct{ cleanups []func() }

func (*printer) Helper()             {}
func (*printer) Name() string        { return "TestOrders" }
func (*printer) Failed() bool        { return false }
func (*printer) Logf(string, ...any) {}
func (t *printer) Cleanup(f func())  { t.cleanups = append(t.cleanups, f) }

func (*printer) Errorf(format string, args ...any) {
	for line := range strings.Lines(fmt.Sprintf(format, args...)) {
		if strings.HasPrefix(line, "pool") {
			fmt.Print(line)
		}
	}
}

// end plays the end of a test: the cleanups run.
func (t *printer) end() {
	for len(t.cleanups) > 0 {
		last := len(t.cleanups) - 1
		cleanup := t.cleanups[last]
		t.cleanups = t.cleanups[:last]
		cleanup()
	}
}

func ExampleCheck() {
	db := sql.OpenDB(&connector{})
	defer db.Close()

	// func TestOrders(t *testing.T) {
	poolassert.Check(t, poolassert.DB("orders", db))
	tx, _ := db.Begin()
	_ = tx.Rollback() // without this line the test fails
	// }

	t.end()
	// Output:
}

func ExampleNoLeak() {
	db := sql.OpenDB(&connector{})
	defer db.Close()
	var tx *sql.Tx
	poolassert.NoLeak(t, func() {
		tx, _ = db.Begin()
	}, poolassert.With(poolassert.DB("orders", db), poolassert.Settle(0)))
	_ = tx.Rollback()
	// Output: pool       +1  orders  InUse 0 → 1
}

func ExampleNewTracked() {
	buffers := poolassert.NewTracked("buffers", func() *[1024]byte { return new([1024]byte) })
	poolassert.NoLeak(t, func() {
		a, b := buffers.Get(), buffers.Get()
		buffers.Put(a)
		_ = b // nobody puts it back
	}, poolassert.With(buffers, poolassert.Settle(0)))
	// Output: pool       +1  buffers  InUse 0 → 1
}

func ExampleTracked_Track() {
	buffers := poolassert.NewTracked("buffers", func() *[1024]byte { return new([1024]byte) })
	defer buffers.Track()()
	buffers.Get()
	fmt.Println(buffers.Stats().InUse)
	// Output: 1
}

func ExampleCheckouts() {
	var out poolassert.Checkouts
	pool := &pgxPool{}
	poolassert.NoLeak(t, func() {
		pool.acquired++
		out.Out(pool) // the pool's hook calls it
	}, poolassert.With(poolassert.PGX("orders", pool), poolassert.KnownBy(&out), poolassert.Settle(0)))
	// Output: pool       +1  orders  InUse 0 → 1
}

func ExampleCompare() {
	db := sql.OpenDB(&connector{})
	defer db.Close()
	pool := poolassert.With(poolassert.DB("orders", db), poolassert.Compare(cmpopts.IgnoreFields(sql.DBStats{}, "WaitDuration")))
	poolassert.NoLeak(t, func() {}, pool)
	// Output:
}

func ExampleSettle() {
	free := make(chan int, 1)
	poolassert.NoLeak(t, func() {
		free <- 1
		time.AfterFunc(5*time.Millisecond, func() { <-free })
	}, poolassert.With(poolassert.Slots("slots", free), poolassert.Settle(10*time.Second))) // waits only as long as it has to
	// Output:
}

func ExampleWith() {
	slots := make(chan struct{}, 4)
	poolassert.NoLeak(t, func() {}, poolassert.With(poolassert.Slots("slots", slots), poolassert.Settle(5*time.Second)))
	// Output:
}

func ExampleKnownBy() {
	var out poolassert.Checkouts
	slots := make(chan struct{}, 4)
	pool := poolassert.With(poolassert.Slots("slots", slots), poolassert.KnownBy(&out))
	poolassert.NoLeak(t, func() {
		slots <- struct{}{}
		out.Out(1)
		<-slots
		out.Back(1)
	}, pool)
	// Output:
}

// desks is a Pool: it lends desks to those who come to work.
type desks struct{ all, taken int64 }

func (d *desks) Name() string { return "desks" }

func (d *desks) Stats() poolassert.Stats {
	return poolassert.Stats{InUse: d.taken, Open: d.all, Idle: d.all - d.taken}
}

func ExamplePool() {
	office := &desks{all: 3}
	poolassert.NoLeak(t, func() { office.taken++ }, poolassert.With(office, poolassert.Settle(0)))
	// Output: pool       +1  desks  InUse 0 → 1
}

func ExampleStats() {
	slots := make(chan struct{}, 4)
	pool := poolassert.Slots("slots", slots)
	slots <- struct{}{}
	now := pool.Stats()
	fmt.Println(now.InUse, "of", now.Open)
	// Output: 1 of 4
}

func ExampleReading() {
	waiting := 2
	pool := poolassert.Watch("printer", func() int { return waiting },
		poolassert.Gauge[int]{Name: "jobs", Value: func(n int) int64 { return int64(n) }})
	for _, r := range pool.Stats().Gauges {
		fmt.Println(r.Name, r.Value)
	}
	// Output: jobs 2
}

func ExampleGauge() {
	type stats struct{ Leases, Renewals int }
	var now stats
	leases := poolassert.Gauge[stats]{Name: "leases", Value: func(s stats) int64 { return int64(s.Leases) }}
	poolassert.NoLeak(t, func() {
		now.Leases++
		now.Renewals++ // no gauge: it may rise
		now.Leases--   // without this line the test fails
	}, poolassert.Watch("dhcp", func() stats { return now }, leases))
	// Output:
}

func ExampleMongoPool() {
	pool := poolassert.Mongo("orders")
	pool.Event("ConnectionCheckedOut", "db:27017", 1)
	fmt.Println(pool.Stats().InUse)
	// Output: 1
}

func ExampleMongoPool_Event() {
	pool := poolassert.Mongo("orders")
	// monitor := &event.PoolMonitor{Event: func(e *event.PoolEvent) { pool.Event(e.Type, e.Address, e.ConnectionID) }}
	poolassert.NoLeak(t, func() {
		pool.Event("ConnectionCheckedOut", "db:27017", 1)
		pool.Event("ConnectionCheckedIn", "db:27017", 1)
	}, pool)
	// Output:
}

func ExampleWorkerPool() {
	var pool *poolassert.WorkerPool = poolassert.Workers("mail", goes{}) // ants.NewPool(10)
	done := make(chan struct{})
	poolassert.NoLeak(t, func() {
		_ = pool.Submit(func() { close(done) })
		<-done
	}, pool)
	// Output:
}

func ExampleWorkerPool_Submit() {
	pool := poolassert.Workers("mail", goes{}) // ants.NewPool(10)
	sent := make(chan string, 1)
	if err := pool.Submit(func() { sent <- "invoice" }); err != nil {
		fmt.Println(err)
	}
	fmt.Println(<-sent)
	// Output: invoice
}

func ExampleTracked() {
	buffers := poolassert.NewTracked("buffers", func() *[1024]byte { return new([1024]byte) })
	poolassert.NoLeak(t, func() {
		b := buffers.Get()
		buffers.Put(b) // without this line the test fails
	}, buffers)
	// Output:
}

func ExampleTracked_Put() {
	buffers := poolassert.NewTracked("buffers", func() *[1024]byte { return new([1024]byte) })
	poolassert.NoLeak(t, func() {
		b := buffers.Get()
		buffers.Put(b)
		buffers.Put(b)
	}, buffers)
	// Output: pool       +1  buffers  put twice
}

func ExampleCheckouts_Out() {
	var out poolassert.Checkouts
	pool := &pgxPool{}
	// config.PrepareConn = func(_ context.Context, c *pgx.Conn) (bool, error) { out.Out(c); return true, nil }
	poolassert.NoLeak(t, func() {
		pool.acquired++
		out.Out("conn 1")
	}, poolassert.With(poolassert.PGX("orders", pool), poolassert.KnownBy(&out), poolassert.Settle(0)))
	// Output: pool       +1  orders  InUse 0 → 1
}

func ExampleCheckouts_Back() {
	var out poolassert.Checkouts
	pool := &pgxPool{}
	// config.AfterRelease = func(c *pgx.Conn) bool { out.Back(c); return true }
	poolassert.NoLeak(t, func() {
		pool.acquired++
		out.Out("conn 1")
		pool.acquired--
		out.Back("conn 1")
	}, poolassert.With(poolassert.PGX("orders", pool), poolassert.KnownBy(&out)))
	// Output:
}

// Options that several pools need go into a variable.
func ExampleOption() {
	patient := []poolassert.Option{poolassert.Settle(5 * time.Second)}
	slots := make(chan struct{}, 4)
	poolassert.NoLeak(t, func() {}, poolassert.With(poolassert.Slots("slots", slots), patient...))
	// Output:
}

// A helper that takes a TB can be called with any test's t.
func ExampleTB() {
	slots := make(chan struct{}, 4)
	checked := func(t poolassert.TB) { poolassert.Check(t, poolassert.Slots("slots", slots)) }
	checked(t)
	t.end()
	// Output:
}

func ExampleTracked_Get() {
	lines := poolassert.NewTracked("lines", func() []byte { return make([]byte, 0, 80) })
	line := lines.Get()
	fmt.Println(len(line), cap(line))
	lines.Put(line[:0])
	// Output: 0 80
}

func ExampleTracked_Stats() {
	lines := poolassert.NewTracked("lines", func() *[80]byte { return new([80]byte) })
	stop := lines.Track()
	defer stop()
	lines.Get()
	lines.Put(lines.Get())
	fmt.Println(lines.Stats().InUse)
	// Output: 1
}

func ExampleWorkerPool_Stats() {
	pool := poolassert.Workers("mail", goes{}) // ants.NewPool(10)
	stuck := make(chan struct{})
	defer close(stuck)
	_ = pool.Submit(func() { <-stuck })
	fmt.Println(pool.Stats().InUse)
	// Output: 1
}
