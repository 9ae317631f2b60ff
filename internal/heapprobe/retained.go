package heapprobe

import (
	"os"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/leakassert/leakassert/internal/probe"
)

// retained says of a site which setting of the program keeps what it makes.
func retained(frames []probe.Frame) string {
	timers := slices.ContainsFunc(frames, func(f probe.Frame) bool {
		return f.Func == "time.newTimer" || f.Func == "time.NewTimer" || f.Func == "time.NewTicker" || f.Func == "time.After" || f.Func == "time.Tick"
	})
	if !timers {
		return ""
	}
	switch value, why := setting("asynctimerchan"); value {
	case "1", "2":
		return "a timer is kept until it fires or is stopped, and a ticker for good, as asynctimerchan=" + value + why
	}
	return ""
}

// unusable says why nothing can be said of the heap of this process.
func unusable() string {
	if value, _ := setting("sbrk"); value == "1" {
		return "GODEBUG=sbrk=1 has the runtime free nothing"
	}
	return ""
}

// blind says why stacks do not tell who has allocated.
func blind() string {
	if value, _ := setting("profstackdepth"); value != "" {
		if n, err := strconv.Atoi(value); err == nil && n < 32 {
			return "GODEBUG=profstackdepth=" + value + " has the runtime record no whole stacks"
		}
	}
	return ""
}

// setting is the value of a GODEBUG setting, and where it comes from: the
// environment, or the program, whose go line sets the defaults.
func setting(name string) (value, why string) {
	if v, ok := lookUp(os.Getenv("GODEBUG"), name); ok {
		return v, " in GODEBUG"
	}
	if v, ok := lookUp(defaults(), name); ok {
		return v, " by the go line of go.mod or a //go:debug line"
	}
	return "", ""
}

func lookUp(list, name string) (value string, ok bool) {
	for word := range strings.SplitSeq(list, ",") {
		if v, found := strings.CutPrefix(word, name+"="); found {
			value, ok = v, true // the last one holds
		}
	}
	return value, ok
}

var defaults = sync.OnceValue(func() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, s := range info.Settings {
		if s.Key == "DefaultGODEBUG" {
			return s.Value
		}
	}
	return ""
})
