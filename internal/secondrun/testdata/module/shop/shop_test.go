package shop

import (
	"os"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leakassert/leakassert/memassert"
)

const n = 100

// check runs a body that leaks n times, and asserts nothing itself.
func check(t *testing.T, body func(i int)) {
	t.Helper()
	memassert.NoLeak(t, func() {
		for i := range n {
			body(i)
		}
	}, memassert.Settle(0))
}

func TestMap(t *testing.T)         { check(t, server.Put) }
func TestMapOfSlices(t *testing.T) { check(t, func(i int) { server.Group("all") }) }
func TestAppend(t *testing.T)      { check(t, func(i int) { server.Append() }) }
func TestIndex(t *testing.T)       { check(t, server.Slot) }
func TestSyncMap(t *testing.T)     { check(t, server.Seen) }
func TestLoadOrStore(t *testing.T) { check(t, func(i int) { server.Meet(1000 + i) }) }
func TestChannel(t *testing.T)     { check(t, func(i int) { server.Send() }) }
func TestEmbedded(t *testing.T)    { check(t, count) }
func TestGeneric(t *testing.T)     { check(t, func(i int) { orders.set(i, newOrder()) }) }
func TestPush(t *testing.T)        { check(t, func(i int) { stack.push() }) }
func TestTail(t *testing.T)        { check(t, func(i int) { waiting.append() }) }
func TestVariable(t *testing.T)    { check(t, func(i int) { registry[strconv.Itoa(i)] = newOrder() }) }
func TestField(t *testing.T)       { memassert.NoLeak(t, server.Last, memassert.Settle(0)) }
func TestAtomic(t *testing.T)      { memassert.NoLeak(t, server.Current, memassert.Settle(0)) }
func TestHook(t *testing.T)        { memassert.NoLeak(t, server.OnEnd, memassert.Settle(0)) }

func TestOpAssign(t *testing.T) {
	check(t, func(i int) { server.Note(i, strings.Repeat("text", i+1)) })
}
func TestAlias(t *testing.T)       { check(t, server.visit) }
func TestOdd(t *testing.T)         { check(t, server.odd) }
func TestOtherModule(t *testing.T) { check(t, func(i int) { server.Recent() }) }

func TestLiteral(t *testing.T) {
	cells = newCell(newOrder())
	memassert.Collected(t, cells.held, memassert.Settle(0))
}

func TestWideLiteral(t *testing.T) {
	wides = newWide(newOrder())
	memassert.Collected(t, wides.held, memassert.Settle(0))
}

// fake is no test that go test knows.
type fake struct{ *testing.T }

func (fake) Name() string { return "fake" }

// borrowed has the name of a test that does not exist.
type borrowed struct{ *testing.T }

func (borrowed) Name() string { return "TestOther" }

func TestBorrowed(t *testing.T) {
	memassert.NoLeak(borrowed{t}, func() { server.Append() }, memassert.Settle(0))
}

func TestFake(t *testing.T) { memassert.NoLeak(fake{t}, server.Last, memassert.Settle(0)) }

// secondTime reports whether the test has run before, in another process.
func secondTime(t *testing.T) bool {
	marker := os.Getenv("SHOP_MARKER")
	_, err := os.Stat(marker)
	if err != nil {
		if err := os.WriteFile(marker, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return err == nil
}

func TestOnce(t *testing.T) {
	again := secondTime(t)
	check(t, func(i int) {
		if !again {
			server.Append()
		}
	})
}

func TestMoves(t *testing.T) {
	again := secondTime(t)
	check(t, func(i int) {
		if again {
			server.Put(i)
		} else {
			server.Append()
		}
	})
}

func TestReflect(t *testing.T) {
	check(t, func(i int) {
		all := reflect.ValueOf(&server.all).Elem()
		all.Set(reflect.Append(all, reflect.ValueOf(newOrder())))
	})
}

func TestCrash(t *testing.T) {
	again := secondTime(t)
	check(t, func(i int) {
		if again {
			os.Exit(3)
		}
		server.Append()
	})
}

func TestSlow(t *testing.T) {
	again := secondTime(t)
	check(t, func(i int) {
		if again {
			os.WriteFile(os.Getenv("SHOP_MARKER"), []byte(strconv.Itoa(os.Getpid())), 0o600)
			time.Sleep(time.Hour)
		}
		server.Append()
	})
}

// The words that a test sets itself are those of its second run too.
func TestSetenv(t *testing.T) {
	t.Setenv("LEAKTEST", "stored")
	check(t, func(i int) { server.Append() })
}

func TestPasses(t *testing.T) {
	check(t, func(i int) {})
	memassert.NoLeak(t, func() { server.Put(0) }, memassert.Settle(0), memassert.IgnoreHeldBy("shop.Server.byID"))
}

// In a bubble time stands still while the test runs a second time.
func TestBubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { check(t, func(i int) { server.Append() }) })
}

func TestCollected(t *testing.T) {
	server.Last()
	memassert.Collected(t, server.last, memassert.Settle(0))
}

func TestParameter(t *testing.T) {
	memassert.NoLeak(t, func() {
		server.Put(1000)
		fill(server.byID, 2000, n)
		for i := range 10 {
			server.byID[3000+i] = newOrder()
		}
	}, memassert.Settle(0))
}

func TestLocal(t *testing.T) {
	var kept []*Order
	check(t, func(i int) { kept = append(kept, newOrder()) })
	t.Log(len(kept))
}

func TestSub(t *testing.T) {
	t.Run("a case/of two", func(t *testing.T) { check(t, func(i int) { server.Put(4000 + i) }) })
	t.Run("another", func(t *testing.T) {})
}

func TestGrowth(t *testing.T) {
	i := 10000
	memassert.NoGrowth(t, func() { i++; server.Put(i) }, memassert.Settle(0))
}
