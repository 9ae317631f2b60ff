//go:build (!amd64 && !arm64) || go1.28

package around

func frameless[T any](before, body, after func(*T)) func(*T) { return nil }
