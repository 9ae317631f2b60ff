package mapfuzz_test

import (
	"regexp"
	"testing"
	"time"

	"github.com/leakassert/leakassert/examples/maps/broken"
	"github.com/leakassert/leakassert/internal/faketb"
	"github.com/leakassert/leakassert/leaktest/mapfuzz"
	"github.com/stretchr/testify/assert"
)

// The broken twins of examples/maps, with those methods in which the mistake is: one
// fault shows in fewer ways then.
type (
	withLoadOrStore struct {
		mapfuzz.Map[int, string]
		loadOrStorer
	}
	loadOrStorer interface {
		LoadOrStore(int, string) (string, bool)
	}
	withCompareAndDelete struct {
		mapfuzz.Map[int, string]
		compareAndDeleter
	}
	compareAndDeleter interface{ CompareAndDelete(int, string) bool }
)

func unlocksEarly() mapfuzz.Map[int, string] {
	m := new(broken.UnlocksEarly[int, string])
	return withLoadOrStore{m, m}
}

func checksThenFrees() mapfuzz.Map[int, string] {
	m := new(broken.ChecksThenFrees[int, string])
	return withCompareAndDelete{m, m}
}

func losesUpdates() mapfuzz.Map[int, string] { return new(broken.LosesUpdates[int, string]) }
func skipsKeys() mapfuzz.Map[int, string]    { return new(broken.SkipsKeys[int, string]) }

// Each is caught, and shown by the fewest operations there are.
func TestSmallestScenario(t *testing.T) {
	for name, newMap := range map[string]func() mapfuzz.Map[int, string]{
		"UnlocksEarly": unlocksEarly, "LosesUpdates": losesUpdates, "ChecksThenFrees": checksThenFrees,
	} {
		t.Run(name, func(t *testing.T) {
			goldens(t, "twins/"+name, func() string {
				f := faketb.New(t.Name())
				mapfuzz.Test(f, newMap, mapfuzz.Only("duel"), mapfuzz.Budget(5*time.Second))
				return f.Errors()
			})
		})
	}
	t.Run("SkipsKeys", func(t *testing.T) {
		goldens(t, "twins/SkipsKeys", func() string {
			f := faketb.New(t.Name())
			mapfuzz.Test(f, skipsKeys, mapfuzz.Only("range"), mapfuzz.Budget(5*time.Second))
			// Which keys share a bucket is up to chance, and so is how many it takes.
			text := regexp.MustCompile(`\d+, "s\d+"`).ReplaceAllString(f.Errors(), `0, "s0"`)
			text = regexp.MustCompile(`show \d+`).ReplaceAllString(text, "show 0")
			text = regexp.MustCompile(` +(Store\(0, "s0"\)\n)`).ReplaceAllString(text, "    $1")
			text = regexp.MustCompile(`(?:(\n    Store\(0, "s0"\)))+`).ReplaceAllString(text, "$1")
			text = regexp.MustCompile(`(Store\(0, "s0"\); )+`).ReplaceAllString(text, "$1")
			return regexp.MustCompile(`\d+ entr(y|ies)`).ReplaceAllString(text, "0 entries")
		})
	})
	t.Run("KeepsDeleted", func(t *testing.T) {
		f := faketb.New(t.Name())
		mapfuzz.Test(f, func() mapfuzz.Map[int, *payload] { return new(broken.KeepsDeleted[int, *payload]) }, mapfuzz.Budget(100*time.Millisecond))
		golden(t, "twins/KeepsDeleted", regexp.MustCompile(`\S*/mapfuzz_test`).ReplaceAllString(f.Errors(), "*mapfuzz_test"))
	})
}

// As they are they are caught within the budget that a test has.
func TestBrokenMaps(t *testing.T) {
	for name, newMap := range map[string]func() mapfuzz.Map[int, string]{
		"UnlocksEarly":    func() mapfuzz.Map[int, string] { return new(broken.UnlocksEarly[int, string]) },
		"LosesUpdates":    losesUpdates,
		"ChecksThenFrees": func() mapfuzz.Map[int, string] { return new(broken.ChecksThenFrees[int, string]) },
		"SkipsKeys":       skipsKeys,
		"KeepsDeleted":    func() mapfuzz.Map[int, string] { return new(broken.KeepsDeleted[int, string]) },
	} {
		t.Run(name, func(t *testing.T) {
			f := faketb.New(t.Name())
			for tries := 0; tries < 30 && !f.Failed(); tries++ { // chance, on a machine that does other things
				mapfuzz.Test(f, newMap)
			}
			assert.Contains(t, f.Errors(), "mapfuzz: *broken."+name)
		})
	}
}
