package poolassert_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var elapsed = regexp.MustCompile(`\(\d+\.\d+s\)|(?m)(?:^(?:FAIL|ok)\t.*\n)`)

// A pool is the process's: of tests that use it at the same time the report names
// all, or the one whose stack shows that it has taken what is out.
func TestParallel(t *testing.T) {
	file := filepath.Join(t.TempDir(), "parallel.test")
	text, err := exec.Command("go", "test", "-c", "-o", file, "./testdata/parallel").CombinedOutput()
	require.NoError(t, err, string(text))
	for _, mode := range []string{"plain", "known", "main", "mainknown"} {
		for _, last := range []string{"TestKeeps", "TestGivesBack"} {
			t.Run(mode+"/"+last, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				cmd := exec.CommandContext(ctx, file, "-test.parallel=4")
				cmd.Env = append(os.Environ(), "MODE="+mode, "LAST="+last)
				var all bytes.Buffer
				cmd.Stdout, cmd.Stderr = &all, &all
				var exit *exec.ExitError
				require.True(t, errors.As(cmd.Run(), &exit), all.String())
				assert.Equal(t, 1, exit.ExitCode())
				report := elapsed.ReplaceAllString(all.String(), "(0.00s)")
				switch mode { // which check of Main's ends last is up to the scheduler
				case "main":
					assert.Regexp(t, `\n +by one of   (TestKeeps  TestGivesBack|TestGivesBack  TestKeeps)\n`, report)
				case "mainknown":
					assert.Contains(t, report, "TestKeeps")
					assert.NotContains(t, report, "TestGivesBack")
				default:
					golden(t, "parallel"+mode+last, report)
				}
			})
		}
	}
}
