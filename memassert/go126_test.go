//go:build !go1.27

package memassert_test

const goHasAsyncTimers = true
