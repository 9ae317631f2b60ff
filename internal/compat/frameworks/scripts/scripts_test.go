package scripts

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/leakassert/leakassert/internal/compat/frameworks"
	"github.com/leakassert/leakassert/leaktest"
	"github.com/rogpeppe/go-internal/testscript"
)

func TestScripts(t *testing.T) {
	dir := t.TempDir()
	for name, script := range map[string]string{"clean": "exists .\n", "leaks": "leak\n"} {
		if err := os.WriteFile(filepath.Join(dir, name+".txt"), []byte(script), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	testscript.Run(t, testscript.Params{
		Dir: dir,
		Setup: func(env *testscript.Env) error {
			leaktest.Check(env.T().(leaktest.TB))
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"leak": func(*testscript.TestScript, bool, []string) { frameworks.Leak() },
		},
	})
}
