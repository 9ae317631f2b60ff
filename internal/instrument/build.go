// Package instrument builds and describes the command with which go test -toolexec rewrites packages, and reads the tables that it writes.
// It is small, as every user of mapfuzz links it: what rewrites sources is in the packages below it, which only the command links.
package instrument

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// Tool is a command for go test -toolexec.
type Tool struct {
	Path  string // of the executable
	Sites string // the folder that receives the tables of sites
	mark  string
}

// Mark begins the argument that tells the tool to rewrite a package.
const Mark = "-leakassert="

const toolPackage = "github.com/leakassert/leakassert/internal/instrument/tool"

// Build builds the tool from within dir, a folder of the user's module, with the go command and the build cache that its builds use.
// flags are those of the user's build that say where modules come from (-mod, -modfile, -overlay); others are not needed. When the build cache has the tool, it takes a tenth of a second.
func Build(ctx context.Context, dir string, flags ...string) (*Tool, error) {
	path, err := executable(ctx, dir, flags)
	if err != nil {
		return nil, err
	}
	root, err := moduleRoot(ctx, dir)
	if err != nil {
		return nil, err
	}
	cache, err := os.UserCacheDir()
	if err != nil { // no HOME, but a build cache elsewhere
		cache = os.TempDir()
	}
	id := sha256.Sum256([]byte(root))
	return New(path, filepath.Join(cache, "leakassert", "sites", hex.EncodeToString(id[:8])))
}

// New describes a tool that is already built. The packages that it rewrites are compiled again when the tool or the folder of sites is another one.
func New(path, sites string) (*Tool, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	hash := sha256.New()
	if _, err := io.Copy(hash, f); err != nil {
		return nil, err
	}
	birth, err := folder(sites)
	if err != nil {
		return nil, err
	}
	hash.Write(birth)
	return &Tool{Path: path, Sites: sites, mark: Mark + hex.EncodeToString(hash.Sum(nil)[:16])}, nil
}

// Flags returns the flags of go test (and go build, go list) that rewrite all packages that match a pattern: import paths, with "..." as in the go command.
//
// The mark is in the compiler's flags of these packages only. The go command makes it part of the identity of what they compile to, so that rewritten packages
// never meet the ordinary ones in the build cache, and packages that are not rewritten, nor depend on those that are, come from the cache as they are.
// A -gcflags of the user's (in GOFLAGS, say) does not reach the rewritten packages. A binary with a rewritten package must link package explore, which has the hooks.
func (t *Tool) Flags(patterns ...string) []string {
	flags := []string{"-toolexec=" + quote(t.Path) + " " + quote("-sites="+t.Sites)}
	for _, pattern := range patterns {
		flags = append(flags, "-gcflags="+pattern+"="+t.mark)
	}
	return flags
}

// quote quotes a word as the go command splits flags.
func quote(word string) string {
	if !strings.ContainsAny(word, " \t\n\r'\"") {
		return word
	}
	if strings.Contains(word, "'") {
		return `"` + word + `"`
	}
	return "'" + word + "'"
}

// executable returns the path of the tool in the build cache, where go run keeps what it has linked. It gets the path from "go version", run in place of the tool.
// The first time the tool is still elsewhere, and gone afterwards.
func executable(ctx context.Context, dir string, flags []string) (string, error) {
	args := []string{"run", "-exec=go version", "-tags=leakasserttool", "-toolexec=", "-race=false", "-msan=false", "-asan=false", "-cover=false"}
	args = append(append(args, flags...), toolPackage)
	for range 2 {
		out, err := output(ctx, dir, args...)
		if err != nil {
			return "", fmt.Errorf("can't build the command that rewrites packages (with a vendor folder, run go mod vendor): %w", err)
		}
		path := out
		if i := strings.LastIndex(out, ": go"); i >= 0 {
			path = out[:i]
		} else if i := strings.LastIndex(out, ": "); i >= 0 {
			path = out[:i]
		}
		if _, err := os.Stat(path); err == nil {
			return path, nil
		}
	}
	return "", errors.New("can't build the command that rewrites packages: the go command does not keep it in the build cache")
}

func moduleRoot(ctx context.Context, dir string) (string, error) {
	out, err := output(ctx, dir, "env", "GOMOD", "GOWORK")
	if err != nil {
		return "", err
	}
	return out, nil
}

func output(ctx context.Context, dir string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = dir
	var out, message bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &message
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("go %s in %s: %w\n%s", strings.Join(args, " "), dir, err, strings.TrimSpace(message.String()))
	}
	return strings.TrimSpace(out.String()), nil
}

// maxAge bounds how much a folder of sites gathers. It must be longer than the build cache keeps what nobody uses.
const maxAge = 30 * 24 * time.Hour

// folder makes the folder of sites and returns bytes that are its own: when it has been removed, and with it the tables, packages must be compiled again.
func folder(dir string) ([]byte, error) {
	name := filepath.Join(dir, "birth")
	if info, err := os.Stat(name); err == nil && time.Since(info.ModTime()) > maxAge {
		if err := os.RemoveAll(dir); err != nil {
			return nil, err
		}
	}
	if birth, err := os.ReadFile(name); err == nil {
		return birth, nil
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, err
	}
	// Of processes that make it at once one wins: a link never replaces a file.
	f, err := os.CreateTemp(dir, "part-*")
	if err != nil {
		return nil, err
	}
	defer os.Remove(f.Name())
	fmt.Fprint(f, dir, time.Now().UnixNano(), os.Getpid())
	if err := f.Close(); err != nil {
		return nil, err
	}
	if err := os.Link(f.Name(), name); err != nil && !errors.Is(err, os.ErrExist) {
		if err := os.Rename(f.Name(), name); err != nil {
			return nil, err
		}
	}
	return os.ReadFile(name)
}
