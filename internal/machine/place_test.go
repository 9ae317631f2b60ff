package machine_test

import (
	"path/filepath"
	"strconv"
	"testing"

	"github.com/leakassert/leakassert/internal/machine"
	"github.com/leakassert/leakassert/internal/names"
	"github.com/leakassert/leakassert/internal/probe"
	"github.com/leakassert/leakassert/internal/report"
	"github.com/leakassert/leakassert/leaktest/finding"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// found is what becomes of a leak.
func found(t *testing.T, l probe.Leak) finding.Finding {
	file := filepath.Join(t.TempDir(), "leaks.json")
	machine.Publish(machine.Exit{JSON: file, Test: "T"}, report.Report{Leaks: []probe.Leak{l}}, "")
	all, err := read(t, file)
	require.NoError(t, err)
	require.Len(t, all, 1)
	return all[0]
}

func TestPlace(t *testing.T) {
	std := probe.Frame{Func: "net/http.(*Server).Serve", File: stdFile(), Line: 3}
	lib := probe.Frame{Func: "example.org/m.Start", File: "/root/go/pkg/mod/example.org/m@v1.0.0/m.go", Line: 3}
	library := probe.Frame{Func: names.Module + "internal/session.(*Session).Body", File: names.ModuleRoot() + "/internal/session/session.go", Line: 9}
	a, b := here(), here()
	at := func(f probe.Frame) string { return "internal/machine/place_test.go:" + strconv.Itoa(f.Line) }
	evidence := func(label string, columns ...string) []probe.Evidence {
		return []probe.Evidence{{Label: "detail", Columns: []string{"other end 7"}}, {Label: label, Columns: columns}}
	}
	for _, c := range []struct {
		why      string
		leak     probe.Leak
		site     string
		inModule bool
	}{
		{"nothing is known", probe.Leak{}, "", false},
		{"who started a goroutine, before where it is", probe.Leak{CreatedBy: a, Frames: []probe.Frame{std, b}}, at(a), true},
		{"a goroutine of the standard library, where it is in the module", probe.Leak{CreatedBy: std, Frames: []probe.Frame{std, b}}, at(b), true},
		{"a goroutine of another module, where it is in this one", probe.Leak{CreatedBy: lib, Frames: []probe.Frame{lib, b}}, at(b), true},
		{"the innermost call of the module", probe.Leak{Frames: []probe.Frame{std, lib, a, b}}, at(a), true},
		{"no call of what checks", probe.Leak{Frames: []probe.Frame{std, library}}, "", false},
		{"evidence, if the stack has no call of the module", probe.Leak{Frames: []probe.Frame{std, lib}, Evidence: evidence("called from", "machine.TestPlace", at(a))}, at(a), true},
		{"evidence alone, behind other columns", probe.Leak{Evidence: evidence("checked out", "2×", "*sql.Rows", "machine.TestPlace", at(a), "in x")}, at(a), true},
		{"evidence about a file that is not in the module", probe.Leak{Evidence: evidence("opened", "http.Serve", "net/http/server.go:3")}, "", false},
		{"evidence about a folder", probe.Leak{Evidence: evidence("opened", "x.go", "internal/x.go:3")}, "", false},
		{"evidence about a file elsewhere", probe.Leak{Evidence: evidence("opened", "f", "../../../../../../etc/a.go:3")}, "", false},
		{"another module, if there is nothing of this one", probe.Leak{CreatedBy: lib, Frames: []probe.Frame{std}}, "example.org/m@v1.0.0/m.go:3", false},
		{"the standard library is no place", probe.Leak{CreatedBy: std, Frames: []probe.Frame{std}}, "", false},
	} {
		t.Run(c.why, func(t *testing.T) {
			f := found(t, c.leak)
			assert.Equal(t, c.site, f.Site())
			if c.site != "" {
				assert.Equal(t, c.inModule, f.Place.InModule)
			}
		})
	}
}
