package session

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/leakassert/leakassert/internal/baseline"
)

// Env holds the settings of the environment variable LEAKTEST.
type Env struct {
	Off, Warn, Trace bool
	Explore          bool   // explore the schedules of maps
	Replay           string // the schedule of a map to replay
	Baseline         baseline.Mode
	Stored           bool   // look for who stores into what holds leaks
	Bisect           bool   // find the smallest set of tests that reproduces a leak
	Selftest         bool   // plant leaks and report whether the checks find them
	Repeat           int    // runs of the suite, at least 1
	Pictures         string // the folder for pictures
	Symbols          string // "off", or a file with the symbols of this binary
	JSON             string // the file for JSON lines
	Report           string // the folder for a page, profiles and JSON lines
	// Settle is how long checks with findings wait, whatever the options say. Below 0 it is not
	// set.
	Settle time.Duration
}

// none holds the settings of an empty LEAKTEST.
var none = Env{Repeat: 1, Settle: -1}

// Environment reads LEAKTEST each time, because tests may set it.
func Environment() (Env, error) {
	text, e := os.Getenv("LEAKTEST"), none
	for word := range strings.SplitSeq(text, ",") {
		word = strings.TrimSpace(word)
		key, value, hasValue := strings.Cut(word, "=")
		switch {
		case word == "":
		case word == "off":
			e.Off = true
		case word == "warn":
			e.Warn = true
		case word == "trace":
			e.Trace = true
		case word == "baseline":
			e.Baseline = max(e.Baseline, baseline.Write)
		case word == "baseline=add":
			e.Baseline = baseline.Add
		case word == "stored":
			e.Stored = true
		case word == "bisect":
			e.Bisect = true
		case word == "selftest":
			e.Selftest = true
		case word == "explore":
			e.Explore = true
		case key == "replay" && value != "":
			e.Replay = value
		case key == "repeat" && hasValue:
			n, err := strconv.Atoi(value)
			if err != nil || n < 1 {
				return none, fmt.Errorf("leaktest: LEAKTEST=%s: %q is not a number of runs; write repeat=3", text, word)
			}
			e.Repeat = n
		case key == "settle" && hasValue:
			d, err := time.ParseDuration(value)
			if err != nil || d < 0 {
				return none, fmt.Errorf("leaktest: LEAKTEST=%s: %q is not a time to wait; write settle=500ms", text, word)
			}
			e.Settle = d
		case key == "pictures" && value != "":
			e.Pictures = value
		case key == "json" && value != "":
			if e.JSON = value; !filepath.IsAbs(value) {
				return none, relative(text, word, "json=$PWD/leaks.json")
			}
		case key == "report" && value != "":
			if e.Report = value; !filepath.IsAbs(value) {
				return none, relative(text, word, "report=$PWD/leaks")
			}
		case key == "symbols" && value != "":
			e.Symbols = value
		default:
			return none, fmt.Errorf("leaktest: LEAKTEST=%s: unknown word %q; known are off, warn, trace, stored, baseline, baseline=add, selftest, bisect, explore, replay=SCHEDULE, settle=TIME, repeat=N, pictures=DIR, json=FILE, report=DIR and symbols=off|FILE, separated by commas", text, word)
		}
	}
	return e, nil
}

// relative is the error for a word with a relative path: go test runs each package in a folder of its
// own.
func relative(text, word, example string) error {
	return fmt.Errorf("leaktest: LEAKTEST=%s: %q: a test runs in the folder of its package and can't know where go test was started; write the whole path, %s", text, word, example)
}
