//go:build race

package leaktest_test

const raceEnabled = true
