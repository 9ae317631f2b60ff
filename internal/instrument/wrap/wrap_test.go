package wrap_test

import (
	"os"
	"testing"

	"github.com/leakassert/leakassert/internal/instrument/passthrough"
	"github.com/leakassert/leakassert/internal/instrument/wrap"
)

// TestMain makes the test binary the tool when the go command runs it with -toolexec.
func TestMain(m *testing.M) {
	switch os.Getenv("LEAKASSERT_TESTED_TOOL") {
	case "alone":
		os.Exit(wrap.Main(os.Args[1:], passthrough.Shim{}))
	case "counting":
		os.Exit(wrap.Main(os.Args[1:], passthrough.Shim{Linked: true}))
	case "broken":
		os.Exit(wrap.Main(os.Args[1:], broken{}))
	}
	os.Exit(m.Run())
}

// broken is a shim whose text the compiler refuses.
type broken struct{ passthrough.Shim }

func (b broken) File(pkgPath, pkgName string, used []string) ([]byte, error) {
	text, err := b.Shim.File(pkgPath, pkgName, used)
	return append(text, "\nvar _ = leakassert_missing\n"...), err
}
