package bench

import (
	"testing"

	"github.com/leakassert/leakassert/leaktest"
)

// BenchmarkRealTest runs empty tests as the testing package does, each with a T
// and a goroutine of its own, as the fuzzing engine also does for every
// execution. What Check costs is the difference.
func BenchmarkRealTest(b *testing.B) {
	for name, body := range map[string]func(*testing.T){
		"by=floor":   func(*testing.T) {},
		"by=Check":   func(t *testing.T) { leaktest.Check(t, leaktest.Only(leaktest.KindGoroutine)) },
		"by=default": func(t *testing.T) { leaktest.Check(t) },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			tests := make([]testing.InternalTest, b.N)
			for i := range tests {
				tests[i] = testing.InternalTest{Name: "Test", F: body}
			}
			b.ResetTimer()
			if !testing.RunTests(func(string, string) (bool, error) { return true, nil }, tests) {
				b.Fatal("a test that leaves nothing behind fails")
			}
		})
	}
}
