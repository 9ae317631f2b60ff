//go:build race && (amd64 || arm64)

package memassert_test

const raceEnabled = true
