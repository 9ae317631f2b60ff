package published

import (
	"flag"
	"strconv"
	"testing"
	"time"

	"github.com/leakassert/leakassert/internal/faketb"
	"github.com/leakassert/leakassert/memassert"
	"github.com/stretchr/testify/assert"
)

var runs = flag.Int("runs", 1, "how often each body is judged")

func TestPublished(t *testing.T) {
	for _, c := range Cases {
		t.Run(c.Name, func(t *testing.T) {
			for i := range *runs {
				t.Run("leaking "+strconv.Itoa(i), c.leaks)
				t.Run("fixed "+strconv.Itoa(i), c.isFixed)
			}
		})
	}
}

func (c Case) leaks(t *testing.T) {
	f := faketb.New(t.Name())
	assert.False(t, memassert.NoGrowth(f, c.Leaking(), memassert.Settle(20*time.Millisecond)), "%s The log has: %s", c.Why, f.Logs())
	assert.Contains(t, f.Errors(), c.Site, c.Source)
	assert.Contains(t, f.Errors(), c.Holder, c.Why)
	t.Log(f.Errors())
}

func (c Case) isFixed(t *testing.T) {
	f := faketb.New(t.Name())
	assert.True(t, memassert.NoGrowth(f, c.Fixed()), c.Source)
	assert.Empty(t, f.Errors())
	t.Log(f.Logs())
}
