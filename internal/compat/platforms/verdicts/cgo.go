//go:build cgo

package verdicts

// static int twice(int n) { return 2 * n; }
import "C"

const withC = true

func twice(n int) int { return int(C.twice(C.int(n))) }
