package mapfuzz

import (
	"fmt"
	"strings"
	"time"

	"github.com/leakassert/leakassert/internal/mapdrive"
	"github.com/leakassert/leakassert/memassert"
)

// steadyKeys are filled in and removed again in each iteration.
const steadyKeys = 128

// steady holds that a map which is filled and emptied again and again takes no more
// memory each time.
func steady(t TB, d *mapdrive.Driver, budget time.Duration) *mapdrive.Failure {
	m := d.New()
	n := 0
	keys := min(steadyKeys, d.Keys)
	q := &quiet{TB: t}
	if memassert.NoGrowth(q, func() {
		defer d.Busy()()
		n++
		for k := range keys {
			m.Do(mapdrive.Op{Kind: mapdrive.Store, Key: k, Val: (n + k) % d.Vals})
		}
		for k := range keys {
			m.Do(mapdrive.Op{Kind: mapdrive.Delete, Key: k})
		}
	}, memassert.Budget(budget/4+time.Millisecond), memassert.Settle(200*time.Millisecond)) || q.text == "" {
		return nil
	}
	return &mapdrive.Failure{What: fmt.Sprintf("the memory grows, though %d keys are stored and deleted again and again", keys), Stacks: strings.Split(q.text, "\n")}
}

// quiet keeps what is said to a test.
type quiet struct {
	TB
	text string
}

func (q *quiet) Errorf(format string, args ...any) { q.text = fmt.Sprintf(format, args...) }
func (q *quiet) Logf(string, ...any)               {}
func (q *quiet) Failed() bool                      { return false }
