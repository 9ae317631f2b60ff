package rebuild

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestOtherFlags(t *testing.T) {
	for _, c := range []struct{ args, rest, why string }{
		{"-test.paniconexit0 -test.timeout=10m0s -test.short=true", "-test.paniconexit0 -test.short=true", "as go test writes them"},
		{"-test.run TestX -test.short", "-test.short", "a value of its own"},
		{"--test.run=TestX --test.v -test.cpu=1,2", "-test.cpu=1,2", "two dashes"},
		{"-test.v -test.parallel 2 -db=x args", "-test.parallel 2 -db=x args", "flags of the test itself"},
		{"-test.v=test2json -test.coverprofile=c.out -test.gocoverdir=d", "", "files of the first run"},
	} {
		assert.Equal(t, c.rest, strings.Join(OtherFlags(strings.Fields(c.args)), " "), c.why)
	}
}

func TestSelecting(t *testing.T) {
	assert.Equal(t, []string{"-test.run=^TestX$/^a\\.b$/^c$"}, Selecting("TestX/a.b/c"))
	assert.Equal(t, []string{"-test.run=^$", "-test.bench=^BenchmarkX$", "-test.benchtime=1x"}, Selecting("BenchmarkX"))
	assert.Nil(t, Selecting("a suite's name"))
}
