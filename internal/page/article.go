package page

import (
	"cmp"
	"slices"

	"github.com/leakassert/leakassert/internal/names"
)

// finding writes the article of a finding.
func (w *writer) finding(v view) {
	w.put("<article class=\"finding\" id=\"finding-%d\" data-kind=\"%s\">\n<h4><span class=\"kind\">%s</span> <span class=\"columns\">%s</span></h4>\n",
		v.Number, v.Kind, nameOfKind(v.Kind), cmp.Or(v.Text, "a finding without text"))
	if len(v.Flags) > 0 {
		w.put(`<ul class="flags">`)
		w.items("", v.Flags)
		w.put("</ul>\n")
	}
	each(w, "<dl>", v.Facts, func(f fact) {
		w.put("\n<dt>%s</dt><dd>%s", f.Name, f.Text)
		if f.Text != "" && f.Code != "" {
			w.put(" ")
		}
		if f.Code != "" {
			w.put("<code>%s</code>", f.Code)
		}
		w.put("</dd>")
	}, "\n</dl>\n")
	if v.Source != nil {
		w.source(v.Source)
	}
	w.tree(v.Tree)
	if v.Plot != nil {
		w.plot(v.Plot)
	}
	each(w, `<table><caption>Before and after the test</caption>
<thead><tr><th scope="col">Name</th><th scope="col">Before</th><th scope="col">After</th><th scope="col">Change</th></tr></thead>
<tbody>`, v.Changes, func(c change) {
		w.put("\n<tr><th scope=\"row\">%s</th><td>%s</td><td>%s</td><td>", c.Name, cmp.Or(c.Before, "none"), cmp.Or(c.After, "none"))
		if c.What == "same" {
			w.put("same</td></tr>")
		} else {
			w.put("<strong>%s</strong></td></tr>", c.What)
		}
	}, "\n</tbody></table>\n")
	if len(v.Evidence) > 0 {
		w.put("<details open><summary>Evidence: %s</summary><dl>", counted(len(v.Evidence), "line", "lines"))
		for _, e := range v.Evidence {
			w.put("\n<dt>%s</dt><dd>%s</dd>", e.Label, e.Text)
		}
		w.put("\n</dl></details>\n")
	}
	for _, s := range v.Stacks {
		w.put("<details class=\"stack\"><summary>Stack of %s</summary>\n<ol>", s.Title)
		for _, f := range s.Frames {
			w.put("<li><code>%s</code> <span class=\"site\">%s</span></li>\n", f.Func, f.Site)
		}
		w.put("</ol></details>\n")
	}
	if v.More != "" {
		w.put("<p>Not shown: %s.</p>\n", v.More)
	}
	w.put("</article>\n")
}

func (w *writer) source(s *snippet) {
	of := markup("")
	if s.OfTest {
		of = "the test, as the line that leaks is not known: "
	}
	if s.Missing != "" {
		w.put("<p class=\"quiet\">Source of %s<code>%s</code>: %s</p>\n", of, s.Site, s.Missing)
		return
	}
	w.put("<details open><summary>Source around %s<code>%s</code></summary>\n<pre tabindex=\"0\" aria-label=\"Source around %s\">", of, s.Site, s.Site)
	for _, l := range s.Lines {
		if l.Marked {
			w.put("<mark>&gt; %5d  %s</mark>\n", l.Number, l.Text)
		} else {
			w.put("  %5d  %s\n", l.Number, l.Text)
		}
	}
	w.put("</pre></details>\n")
}

func (w *writer) tree(roots []*node) {
	if len(roots) == 0 {
		return
	}
	w.put("<details open><summary>Held by</summary>\n")
	if slices.ContainsFunc(roots, (*node).hasSize) {
		w.put("<p class=\"quiet\">A size is the memory that would be free without this step: its retained size.</p>\n")
	}
	each(w, "<ul class=\"tree\">", roots, w.node, "</ul></details>\n")
}

func (n *node) hasSize() bool {
	return n.Retained > 0 || slices.ContainsFunc(n.Children, (*node).hasSize)
}

// node writes a step of the tree, and those below it.
func (w *writer) node(n *node) {
	w.put("<li>")
	if n.Suspect {
		w.put("<mark>")
	}
	w.put("<code>%s</code>", n.Text)
	if n.Retained > 0 {
		w.put(` <span class="size">%s</span>`, names.Size(float64(n.Retained)))
	}
	if n.Suspect {
		w.put(" suspect: it holds most of what has leaked</mark>")
	}
	each(w, "\n<ul>", n.Children, w.node, "</ul>")
	w.put("</li>\n")
}

func (w *writer) plot(p *plot) {
	w.put("<figure>\n<figcaption>%s</figcaption>\n<svg aria-hidden=\"true\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\">", p.words(), p.Width, p.Height, p.Width, p.Height)
	for _, b := range p.Bars {
		w.put("\n<rect x=\"%v\" y=\"%v\" width=\"%v\" height=\"%v\"><title>%s</title></rect>", b.X, b.Y, b.Width, b.Height, b.Words)
	}
	w.put("\n<line x1=\"0\" x2=\"%d\" y1=\"%v\" y2=\"%v\"/>\n</svg></figure>\n", p.Width, p.Zero, p.Zero)
}
