package machine_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/leakassert/leakassert/internal/faketb"
	"github.com/leakassert/leakassert/internal/fingerprint"
	"github.com/leakassert/leakassert/internal/machine"
	"github.com/leakassert/leakassert/internal/probe"
	"github.com/leakassert/leakassert/internal/report"
	"github.com/stretchr/testify/assert"
)

// attrTB is a test that has attributes.
type attrTB struct {
	*faketb.TB
	all []string
}

func (t *attrTB) Attr(key, value string) { t.all = append(t.all, key+"="+value) }

func TestAttributes(t *testing.T) {
	f := &attrTB{TB: faketb.New("T")}
	at := here()
	tell := func(leaks ...probe.Leak) {
		machine.Publish(machine.Exit{T: f, Test: "T"}, report.Report{Leaks: leaks}, "")
	}
	started, own, opened := probe.Leak{Kind: "goroutine", CreatedBy: at}, probe.Leak{Kind: "my\nkind", Origin: "a\r\nb\x00"}, probe.Leak{Kind: "fd", Origin: "o"}
	tell(started, own)
	tell(opened)
	line := strings.NewReplacer("\n", " ", "\r", " ", "\x00", " ")
	assert.Equal(t, []string{
		"leak.kind=goroutine", fmt.Sprintf("leak.site=internal/machine/attribute_test.go:%d", at.Line), "leak.fingerprint=" + fingerprint.Of(started),
		"leak.2.kind=my kind", "leak.2.fingerprint=" + line.Replace(fingerprint.Of(own)), "leak.count=2",
		"leak.3.kind=fd", "leak.3.fingerprint=" + fingerprint.Of(opened), "leak.count=3",
	}, f.all)

	f = &attrTB{TB: faketb.New("T")}
	tell(probe.Leak{Kind: "fd"})
	assert.Equal(t, "leak.kind=fd", f.all[0], "a later run of the test begins anew")
}

// The attributes of a test are bounded.
func TestAttributesOfManyFindings(t *testing.T) {
	f := &attrTB{TB: faketb.New("T")}
	defer f.End()
	leaks := make([]probe.Leak, 10_000)
	for i := range leaks {
		leaks[i] = probe.Leak{Kind: "k", Origin: strings.Repeat("x", 1<<10)}
	}
	leaks[0].Kind = strings.Repeat("é", 1<<20)
	machine.Publish(machine.Exit{T: f, Test: "T"}, report.Report{Leaks: leaks}, "")
	assert.Len(t, f.all, 41)
	assert.Equal(t, "leak.count=10000", f.all[40])
	assert.Less(t, len(f.all[0]), 5000)
	assert.True(t, strings.HasSuffix(f.all[0], "é…"))
}

// A T that has no attributes, or can't be told from others, is left alone.
func TestAttributesOfOtherTs(t *testing.T) {
	for _, f := range []any{nil, faketb.New("T"), struct{ f func() }{}} {
		machine.Publish(machine.Exit{T: f, Test: "T"}, report.Report{Leaks: []probe.Leak{{Kind: "k"}}}, "")
	}
}
