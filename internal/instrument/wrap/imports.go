package wrap

import (
	"fmt"
	"go/importer"
	"go/token"
	"go/types"
	"io"
	"os"
	"strings"
)

// importConfig is the compiler's -importcfg: where the export data of each import is.
type importConfig struct {
	files  map[string]string
	mapped map[string]string
}

func readImportConfig(name string) (*importConfig, error) {
	c := &importConfig{map[string]string{}, map[string]string{}}
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(string(text)) {
		verb, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		key, value, ok := strings.Cut(rest, "=")
		switch {
		case ok && verb == "packagefile":
			c.files[key] = value
		case ok && verb == "importmap":
			c.mapped[key] = value
		}
	}
	return c, nil
}

func (c *importConfig) path(path string) string {
	if to, ok := c.mapped[path]; ok {
		return to
	}
	return path
}

func (c *importConfig) has(path string) bool {
	_, ok := c.files[c.path(path)]
	return ok
}

// importer reads the export data. It knows a package by the path of its data, so that one package has one identity however it is imported.
func (c *importConfig) importer() types.Importer {
	open := func(path string) (io.ReadCloser, error) {
		name, ok := c.files[path]
		if !ok {
			return nil, fmt.Errorf("no export data for %s", path)
		}
		return os.Open(name)
	}
	return mappedImporter{c, importer.ForCompiler(token.NewFileSet(), "gc", open)}
}

type mappedImporter struct {
	config *importConfig
	types.Importer
}

func (m mappedImporter) Import(path string) (*types.Package, error) {
	return m.Importer.Import(m.config.path(path))
}
