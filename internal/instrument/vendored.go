//go:build leakassertvendor

package instrument

// No build sets the tag. go mod vendor follows imports under every tag, and so copies the tool into a vendor folder with this package.
import _ "github.com/leakassert/leakassert/internal/instrument/tool"
