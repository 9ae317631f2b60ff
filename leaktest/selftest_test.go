package leaktest_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

var selftestBinary = newBinary("selftest")

// A selftest plants a leak of each kind that a check watches, and fails if the check does not find it.
func TestSelftest(t *testing.T) {
	for _, c := range []struct {
		options string
		code    int
		says    []string
		never   string
	}{
		{"everything", 0, []string{"would have caught: goroutine ✓  fd ✓  heap ✓  pool orders ✓\n"}, "✗"},
		{"ignoring", 1, []string{
			"would have caught: goroutine ✓  heap ✓  pool orders ✓\n",
			"would not have caught: fd ✗. Leaks were left out by leaktest.Ignore(…)\n",
		}, "fd ✓"},
		{"large", 1, []string{"would have caught: goroutine ✓  fd ✓\n", "would not have caught: heap ✗\n"}, "heap ✓"},
		{"nothing", 1, []string{"would not have caught: goroutine ✗  fd ✗. Leaks were left out by leaktest.Ignore(…)\n"}, "✓"},
		{"long", 0, []string{"would have caught: goroutine ✓  fd ✓\n"}, "✗"},
		{"own", 0, []string{"would have caught: goroutine ✓  temp file not tried\n"}, "✗"},
		{"of the tests", 1, []string{
			"TestChecked would have caught: goroutine ✓  fd ✓  pool orders ✓\n",
			"TestChecked/inside would have caught: goroutine ✓  fd ✓\n",
			"TestBody would have caught: goroutine ✓  fd ✓\n",
			"TestLeaks would have caught: goroutine ✓  fd ✓\n",
			"TestIgnores would have caught: fd ✓\n",
			"TestIgnores would not have caught: goroutine ✗. Leaks were left out by leaktest.Ignore(…)\n",
		}, "TestUnchecked would"},
	} {
		t.Run(c.options, func(t *testing.T) {
			t.Parallel()
			output, code := selftestBinary.run(t, []string{"LEAKTEST=selftest", "SELFTEST=" + c.options})
			assert.Equal(t, c.code, code, output)
			for _, text := range c.says {
				assert.Contains(t, output, text)
			}
			assert.NotContains(t, output, c.never)
			assert.NotContains(t, output, "leaked")
		})
	}
}

// If options leave nothing to be found, Main says so.
func TestMainSaysThatNothingCanFail(t *testing.T) {
	t.Parallel()
	for options, want := range map[string]string{
		"nothing":  "note: no check can report a leak: leaktest.Ignore(…) leaves out every leak; narrow it\n",
		"long":     "note: no check can report a leak: Settle(1h0m0s) is not shorter than -timeout 1m0s, which ends the process; write a shorter one\n",
		"ignoring": "",
	} {
		t.Run(options, func(t *testing.T) {
			output, code := selftestBinary.run(t, []string{"SELFTEST=" + options}, "-test.run=Unchecked", "-test.timeout=1m")
			assert.Zero(t, code, output)
			if want != "" {
				assert.Contains(t, output, want)
			} else {
				assert.NotContains(t, output, "no check can report")
			}
		})
	}
}
