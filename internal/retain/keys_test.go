package retain

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestWithoutKeys(t *testing.T) {
	paths := []Path{
		{Text: `server.open["a\"]"].file`}, {Text: `server.open["b"].file`}, {Text: `server.other["b"].file`}, {Text: `queue[3]`}, {Text: `queue[-4]`}, {},
	}
	withoutKeys(paths)
	var texts []string
	for _, p := range paths {
		texts = append(texts, p.Text)
	}
	assert.Equal(t, []string{"server.open[…].file", "server.open[…].file", `server.other["b"].file`, "queue[…]", "queue[…]", ""}, texts)
}
