package heapprobe

import (
	"os"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/leakassert/leakassert/internal/memprofile"
	"github.com/leakassert/leakassert/internal/probe"
)

// retained returns which setting of the program keeps a site's objects, "" if none.
func retained(frames []probe.Frame) string {
	makers := []string{"time.newTimer", "time.NewTimer", "time.NewTicker", "time.After", "time.Tick"}
	value, why := setting("asynctimerchan")
	if value != "1" && value != "2" || !slices.ContainsFunc(frames, func(f probe.Frame) bool { return slices.Contains(makers, f.Func) }) {
		return ""
	}
	return "a timer is kept until it fires or is stopped, and a ticker for good, as asynctimerchan=" + value + why
}

// pending says that the site of a timer is released when the timer fires. The runtime does not say
// when that is.
func pending(frames []probe.Frame, n int64) string {
	makers := []string{"time.newTimer", "time.AfterFunc", "time.NewTimer"}
	if len(frames) == 0 || !slices.Contains(makers, frames[0].Func) {
		return ""
	}
	timers, next := strconv.FormatInt(n, 10)+" timers pending, the next fires", "they are"
	if n == 1 {
		timers, next = "1 timer pending, which fires", "it is"
	}
	return timers + " after the settle time; " + next + " kept until then, or until stopped; Settle waits longer"
}

// Unusable returns why the heap of this process can't be checked, "" if it can.
func Unusable() string {
	if value, _ := setting("sbrk"); value == "1" {
		return "GODEBUG=sbrk=1 has the runtime free nothing"
	}
	return ""
}

// blind returns why stacks don't show who allocated, "" if they do.
func blind() string {
	if value, _ := setting("profstackdepth"); value != "" {
		if n, err := strconv.Atoi(value); err == nil && n < memprofile.MostFrames {
			return "GODEBUG=profstackdepth=" + value + " has the runtime record no whole stacks"
		}
	}
	return ""
}

// setting returns the value of a GODEBUG setting and where it comes from: the environment, or the
// program, whose go line sets the defaults.
func setting(name string) (value, why string) {
	if v, ok := lookUp(os.Getenv("GODEBUG"), name); ok {
		return v, " in GODEBUG"
	}
	if v, ok := lookUp(defaults(), name); ok {
		return v, ", set by the go line of go.mod or a //go:debug line"
	}
	return "", ""
}

func lookUp(list, name string) (value string, ok bool) {
	for word := range strings.SplitSeq(list, ",") {
		if v, found := strings.CutPrefix(word, name+"="); found {
			value, ok = v, true // the last one wins
		}
	}
	return value, ok
}

var defaults = sync.OnceValue(func() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "DefaultGODEBUG" {
				return s.Value
			}
		}
	}
	return ""
})
