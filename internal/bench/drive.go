package bench

import (
	"strconv"
	"strings"

	"github.com/leakassert/leakassert/internal/mapdrive"
)

const (
	mapKeys    = 64
	mapVals    = 1024 // as many as leaktest/mapfuzz has
	mapWorkers = 4
)

func newDriver() *mapdrive.Driver {
	return &mapdrive.Driver{New: newSyncMap, Namer: numbers{}, Keys: mapKeys, Vals: mapVals, Workers: mapWorkers, Seed: 1}
}

// numbers spells keys and values as what they are.
type numbers struct{}

func (numbers) Key(n int) string { return strconv.Itoa(n) }
func (numbers) Val(n int) string { return strconv.Itoa(n) }

// played plays rounds of a scenario, and returns what is wrong with the map or why that
// can't be told: "" when nothing is.
func played(d *mapdrive.Driver, s mapdrive.Scenario, target mapdrive.Target, rounds int) (report string) {
	if f := d.Play(s, target, rounds); f != nil {
		return f.What
	}
	return strings.Join(d.Notes(), "; ")
}
