package machine

import (
	"fmt"
	"net/url"
	"strings"
)

// cell returns a text as it must be written in a cell of a Markdown table. What Markdown or HTML
// would take for markup becomes a character reference.
func cell(text string) string {
	var b strings.Builder
	for _, r := range oneLine(clip(text)) {
		if strings.ContainsRune("|<>&\"'`*_~[]()\\#!@", r) {
			fmt.Fprintf(&b, "&#%d;", r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// link returns the address of a file in a commit.
func link(server, repository, commit, file string) string {
	path := strings.Split(file, "/")
	for i, p := range path {
		path[i] = escaped.Replace(url.PathEscape(p))
	}
	return strings.TrimSuffix(server, "/") + "/" + repository + "/blob/" + url.PathEscape(commit) + "/" + strings.Join(path, "/")
}

// escaped escapes what a path may have and a link of Markdown may not.
var escaped = strings.NewReplacer("(", "%28", ")", "%29", "|", "%7C")
