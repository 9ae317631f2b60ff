//go:build go1.27

package memassert_test

// Go 1.27 has removed asynctimerchan.
const goHasAsyncTimers = false
