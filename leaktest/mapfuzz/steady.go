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
// memory each time. What NoGrowth can't judge it notes.
func steady(t TB, d *mapdrive.Driver, budget time.Duration, notes *[]string) (f *mapdrive.Failure) {
	defer func() {
		if r := recover(); r != nil {
			f = &mapdrive.Failure{What: fmt.Sprintf("an operation panics: %v", r)}
		}
	}()
	m := d.New()
	n := 0
	keys := min(steadyKeys, d.Keys)
	q := &quiet{TB: t, notes: notes}
	memassert.NoGrowth(q, func() {
		defer d.Busy()()
		n++
		for k := range keys {
			m.Do(mapdrive.Op{Kind: mapdrive.Store, Key: k, Val: (n + k) % d.Vals})
		}
		for k := range keys {
			m.Do(mapdrive.Op{Kind: mapdrive.Delete, Key: k})
		}
	}, memassert.Budget(budget/4+time.Millisecond), memassert.Settle(200*time.Millisecond))
	if q.text == "" {
		return nil
	}
	return &mapdrive.Failure{What: fmt.Sprintf("the memory grows, though %d keys are stored and deleted again and again", keys), Stacks: strings.Split(q.text, "\n")}
}

// quiet keeps what is said to a test.
type quiet struct {
	TB
	text  string
	notes *[]string
}

func (q *quiet) Errorf(format string, args ...any) { q.text = fmt.Sprintf(format, args...) }
func (q *quiet) Failed() bool                      { return false }
func (q *quiet) Logf(format string, args ...any) {
	*q.notes = append(*q.notes, "steady: "+fmt.Sprintf(format, args...))
}
