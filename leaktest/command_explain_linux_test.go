package leaktest_test

import (
	"net/url"
	"path/filepath"
	"testing"

	"github.com/leakassert/leakassert/internal/heapdump"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var (
	explainServer  = buildProgram("server", "-tags=explain")
	strippedServer = buildProgram("server", "-tags=explain", "-ldflags=-s")
)

// A program that imports package explain says what its goroutines wait on and, with trace, who opened its
// descriptors.
func TestCommandExplains(t *testing.T) {
	t.Parallel()
	if !heapdump.Supported() {
		t.Skip("no heap dumps on this processor")
	}
	log := "/file?path=" + url.QueryEscape(filepath.Join(t.TempDir(), "access.log"))
	f := judged(t, explainServer, []string{"/goroutine", log})
	golden(t, "command/explain", fixed(f.Errors()))
	assert.Empty(t, f.Logs())

	f = judged(t, strippedServer, []string{"/goroutine"})
	assert.Contains(t, f.Errors(), "\n    waits on    chan struct {}, held by a package variable → …\n")
	assert.Contains(t, f.Errors(), "\nnote: what goroutines wait on is not known: no names: the binary has no symbols: build it without -ldflags=-s\n")

	program, err := explainServer()
	require.NoError(t, err)
	output, code := commandBinary.run(t, []string{"PROGRAM=" + program, "LEAKTEST=trace", "OPENS=1"}, "-test.run=TestOpens")
	assert.Equal(t, 1, code)
	assert.Regexp(t, `\n +waits on +chan struct \{\}, held by main\.forever\n`, output)
	assert.Regexp(t, `\n +opened +main\.main\.func3 +leaktest/testdata/server/main\.go:\d+\n +f, err := os\.OpenFile`, output)
	assert.Regexp(t, `\n +held by +main\.kept`, output)
	assert.NotContains(t, output, "note:")

	output, code = commandBinary.run(t, []string{"PROGRAM=" + program, "LEAKTEST=trace"}, "-test.run=TestClean|TestChecksItself")
	assert.Zero(t, code, output)
}
