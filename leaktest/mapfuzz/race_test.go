//go:build race

package mapfuzz_test

const raceEnabled = true
