package listeners_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/leakassert/leakassert/examples/internal/readme"
	"github.com/leakassert/leakassert/examples/listeners"
	"github.com/leakassert/leakassert/internal/faketb"
	"github.com/leakassert/leakassert/memassert"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var paid = listeners.Event{Order: "17", Status: "paid"}

func TestBus(t *testing.T) {
	type user struct{}
	var bus listeners.Bus
	var heard []string
	subscribe := func(name string) (unsubscribe func()) {
		return bus.Subscribe(context.WithValue(t.Context(), user{}, name), func(ctx context.Context, e listeners.Event) {
			assert.Equal(t, paid, e)
			heard = append(heard, ctx.Value(user{}).(string))
		})
	}
	hear := func() []string { heard = nil; bus.Publish(paid); return heard }

	ada, bob := subscribe("ada"), subscribe("bob")
	assert.ElementsMatch(t, []string{"ada", "bob"}, hear())
	ada()
	assert.Equal(t, []string{"bob"}, hear())
	subscribe("eve")
	ada()
	assert.ElementsMatch(t, []string{"bob", "eve"}, hear(), "a second call takes nobody else's place")
	bob()
	assert.Equal(t, []string{"eve"}, hear())
}

func TestBusWithAHandlerThatUnsubscribesItself(t *testing.T) {
	var bus listeners.Bus
	var calls int
	var unsubscribe func()
	unsubscribe = bus.Subscribe(t.Context(), func(context.Context, listeners.Event) {
		calls++
		unsubscribe()
	})
	bus.Publish(paid)
	bus.Publish(paid)
	assert.Equal(t, 1, calls)
}

func TestBusUnderLoad(t *testing.T) {
	var bus listeners.Bus
	var clients sync.WaitGroup
	for range 50 {
		clients.Go(func() {
			var heard atomic.Int64
			unsubscribe := bus.Subscribe(t.Context(), func(context.Context, listeners.Event) { heard.Add(1) })
			bus.Publish(paid)
			var both sync.WaitGroup
			both.Go(unsubscribe)
			both.Go(unsubscribe)
			both.Wait()
			assert.Positive(t, heard.Load())
		})
	}
	clients.Wait()
	bus.Subscribe(t.Context(), func(_ context.Context, e listeners.Event) { assert.Equal(t, paid, e) })
	bus.Publish(paid)
}

func TestBusDoesNotGrow(t *testing.T) {
	var bus listeners.Bus
	for range 100 {
		require.True(t, memassert.NoGrowth(t, func() {
			ctx, gone := context.WithCancel(t.Context())
			defer gone()
			defer bus.Subscribe(ctx, func(context.Context, listeners.Event) {})()
		}))
	}
}

// What undoes a subscription can be kept: it holds neither the handler nor the context.
func TestBusUnsubscribeIsSmall(t *testing.T) {
	var bus listeners.Bus
	var kept func()
	memassert.NoLeak(t, func() {
		large := make([]byte, 1<<20)
		kept = bus.Subscribe(t.Context(), func(context.Context, listeners.Event) { large[0]++ })
		kept()
	}, memassert.MaxBytes(1<<10))
	kept()
}

// The leaking twin is caught each time.
func TestLeakingBusIsCaught(t *testing.T) {
	for range 3 {
		var bus listeners.Leaking
		f := faketb.New("TestClients")
		assert.False(t, memassert.NoGrowth(f, func() {
			ctx, gone := context.WithCancel(t.Context())
			defer gone()
			feed := make(chan listeners.Event, 16)
			bus.Subscribe(ctx, func(_ context.Context, e listeners.Event) { feed <- e })
		}, memassert.Settle(0)))
		assert.Contains(t, f.Errors(), "listeners.(*Leaking).Subscribe  examples/listeners/leaking.go:19")
		assert.Regexp(t, `[ :]bus\.handlers  sync\.Map\n`, f.Errors(), "the report names the map")
		readme.Report(t, "TestClients", readme.Suspect(t, f.Errors(), "chan listeners.Event", "*context.cancelCtx", "func literal"), readme.Growth)
	}
}
