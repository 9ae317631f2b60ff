package check

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
)

// Env is what the environment variable LEAKTEST asks for.
type Env struct {
	Off, Warn, Trace bool
	Repeat           int    // runs of the suite, at least 1
	Pictures         string // the folder to draw pictures to
}

type parsedEnv struct {
	text string
	env  Env
	err  error
}

var lastEnv atomic.Pointer[parsedEnv]

// Environment reads LEAKTEST anew each time, as tests may set it, and parses it
// when it has changed.
func Environment() (Env, error) {
	text := os.Getenv("LEAKTEST")
	p := lastEnv.Load()
	if p == nil || p.text != text {
		p = &parsedEnv{text: text}
		p.env, p.err = parseEnv(text)
		lastEnv.Store(p)
	}
	return p.env, p.err
}

func parseEnv(text string) (Env, error) {
	e := Env{Repeat: 1}
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
		case key == "repeat" && hasValue:
			n, err := strconv.Atoi(value)
			if err != nil || n < 1 {
				return Env{Repeat: 1}, fmt.Errorf("leaktest: LEAKTEST=%s: %q is not a number of runs; write repeat=3", text, word)
			}
			e.Repeat = n
		case key == "pictures" && value != "":
			e.Pictures = value
		default:
			return Env{Repeat: 1}, fmt.Errorf("leaktest: LEAKTEST=%s: unknown word %q; known are off, warn, trace, repeat=N and pictures=DIR, separated by commas", text, word)
		}
	}
	return e, nil
}
