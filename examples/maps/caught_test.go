package maps_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/leakassert/leakassert/examples/internal/readme"
	"github.com/leakassert/leakassert/examples/maps/broken"
	"github.com/leakassert/leakassert/internal/faketb"
	"github.com/leakassert/leakassert/leaktest/mapfuzz"
	"github.com/stretchr/testify/assert"
)

// write matches a store or a delete, and writes two of them, one of each worker.
const (
	write  = `(?:Store\(\d, "s\d"\)|Delete\(\d\))`
	writes = `worker 1 +worker 2\n +` + write + ` +` + write
)

var (
	// twoWrites matches the report of two writes, of which a store is lost.
	twoWrites = regexp.MustCompile(`: Store.* was lost: .*\n\n {4}` + writes + `\nafter: `)
	// What differs from run to run: the writes, keys and values, and how soon it is found.
	varies = []*regexp.Regexp{
		regexp.MustCompile(writes),
		regexp.MustCompile(`(Load\(|Store\()\d`),
		regexp.MustCompile(`"s\d"(?:, true)?|absent, false`),
		regexp.MustCompile(`(it fails )in .* rounds?`),
		regexp.MustCompile(`(Seed\(|Workers\()\d+`),
	}
)

// What mapfuzz makes of the fault depends on when the goroutines run, also with the same
// seed: most often it is two writes of which a store is lost, as in the README. On a busy
// machine it may find nothing within the budget. So it tries again.
func TestLosesUpdatesIsCaught(t *testing.T) {
	for seed := range uint64(50) {
		f := faketb.New("TestLosesUpdates")
		mapfuzz.Test(f, func() mapfuzz.Map[int, string] { return new(broken.LosesUpdates[int, string]) },
			mapfuzz.Seed(seed+1), mapfuzz.Only("duel"), mapfuzz.Budget(5*time.Second))
		if !twoWrites.MatchString(f.Errors()) {
			continue
		}
		// A test to paste follows it.
		report, _, _ := strings.Cut(f.Errors(), "\n\nfunc Test")
		readme.Report(t, "TestLosesUpdates", report, varies...)
		return
	}
	assert.Fail(t, "no report is of two writes")
}
