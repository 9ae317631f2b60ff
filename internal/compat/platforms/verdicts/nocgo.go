//go:build !cgo

package verdicts

const withC = false

func twice(n int) int { return 2 * n }
