package session

import (
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
)

// ErrorAt fails a test like Errorf, in one of its cleanups, and names the function with the entry
// point as the place. go test -json then knows the text as an error (OutputType, since Go 1.27),
// which it does not if the text is written to t.Output. ErrorAt returns false, and does nothing, if
// the testing package has changed.
func ErrorAt(t testing.TB, entry uintptr, text string) bool {
	t.Helper()
	mu, name, calls := Field[sync.RWMutex](t, "testing", "mu"), Field[string](t, "testing", "cleanupName"), Field[[]uintptr](t, "testing", "cleanupPc")
	if mu == nil || name == nil || calls == nil {
		return false
	}
	mu.Lock()
	was := *calls
	runner := slices.IndexFunc(was, func(pc uintptr) bool {
		f := runtime.FuncForPC(pc - 1)
		return f != nil && strings.HasPrefix(f.Name(), "testing.")
	})
	if *name == "" || runner < 0 {
		mu.Unlock()
		return false
	}
	// The testing package takes the first function for the place that is no helper; the one that
	// its runner has called, if all are.
	*calls = append([]uintptr{entry + 1}, was[runner:]...)
	mu.Unlock()
	defer func() {
		mu.Lock()
		defer mu.Unlock()
		*calls = was
	}()
	t.Errorf("%s", text)
	return true
}
