package poolprobe

import (
	"fmt"
	"reflect"
	"strconv"

	"github.com/leakassert/leakassert/internal/probe"
)

// changes returns a table of a pool's statistics: the fields of the pool's own struct, if there is
// one, and otherwise the numbers that every pool has.
func changes(before, now Stats) (rows []probe.Change) {
	was, is := reflect.ValueOf(behind(before.Raw)), reflect.ValueOf(behind(now.Raw))
	if is.IsValid() && was.IsValid() && is.Kind() == reflect.Struct && is.Type() == was.Type() {
		for i := range is.NumField() {
			if f := is.Type().Field(i); f.IsExported() && simple(f.Type.Kind()) {
				rows = append(rows, probe.Change{Name: f.Name, Before: fmt.Sprint(was.Field(i)), After: fmt.Sprint(is.Field(i))})
			}
		}
	}
	if len(rows) > 0 {
		return rows
	}
	row := func(name string, before, now int64) {
		rows = append(rows, probe.Change{Name: name, Before: strconv.FormatInt(before, 10), After: strconv.FormatInt(now, 10)})
	}
	row("InUse", before.InUse, now.InUse)
	row("Waiting", before.Waiting, now.Waiting)
	row("Open", before.Open, now.Open)
	row("Idle", before.Idle, now.Idle)
	values := make(map[string]int64)
	for _, g := range before.Gauges {
		values[g.Name] = g.Value
	}
	for _, g := range now.Gauges {
		row(g.Name, values[g.Name], g.Value)
	}
	return rows
}

// simple reports whether a value of a kind fits into a cell of a table.
func simple(k reflect.Kind) bool {
	return k >= reflect.Bool && k <= reflect.Float64 && k != reflect.Uintptr || k == reflect.String
}
