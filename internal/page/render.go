package page

import "cmp"

// page writes the whole page.
func (w *writer) page(p *page) {
	style, script := "\n"+style, "\n"+script
	w.put(`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src '%s'; script-src '%s'; img-src data:; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Leaks of a test run (%d)</title>
<link rel="icon" href="data:,">
<style>%s</style>
</head>
<body>
<a class="skip" href="#findings">Skip to the findings</a>
`, sum(style), sum(script), p.found, markup(style))
	w.header(p)
	w.put("<main>\n")
	if p.found > 0 {
		w.summary(p)
	}
	w.put("<section aria-labelledby=\"findings\">\n<h2 id=\"findings\" tabindex=\"-1\">Findings</h2>\n")
	if p.found > 0 {
		w.filter(p)
	} else {
		w.put("<p>None.</p>\n")
	}
	for _, g := range p.groups {
		w.group(g)
	}
	w.put("</section>\n</main>\n<script>%s</script>\n</body>\n</html>\n", markup(script))
}

func (w *writer) header(p *page) {
	w.put("<header>\n<h1>Leaks of a test run</h1>\n")
	if p.found == 0 {
		w.put("<p>The run has no findings.</p>\n")
	} else {
		w.put("<p>%s of %s.", counted(p.found, "finding", "findings"), counted(p.distinct, "leak", "leaks"))
		if p.warned > 0 {
			w.put(" %d of them failed no test.", p.warned)
		}
		w.put("</p>\n")
	}
	if p.shown < p.found {
		w.put(`<p class="notice"><strong>Not all is shown:</strong> %d of %d findings are below. A page has at most %d findings and %d MiB of them. The first finding of each leak goes before others of the same leak. The tables count all findings.</p>
`, p.shown, p.found, mostFindings, mostBytes>>20)
	}
	if len(p.wrong) > 0 {
		w.put(`<section class="notice" aria-labelledby="wrong"><h2 id="wrong">What could not be read</h2><ul>`)
		w.items("", p.wrong)
		w.put("</ul>")
		if p.moreWrong > 0 {
			w.put("<p>And %d more.</p>", p.moreWrong)
		}
		w.put("</section>\n")
	}
	w.put("</header>\n")
}

func (w *writer) items(before markup, texts []string) {
	for _, t := range texts {
		w.put("<li>%s%s</li>", before, t)
	}
}

func (w *writer) summary(p *page) {
	w.put(`<section aria-labelledby="summary">
<h2 id="summary">Summary</h2>
<h3 id="kinds">By kind</h3>
<table aria-labelledby="kinds"><thead><tr><th scope="col">Kind</th><th scope="col" class="number">Findings</th><th scope="col" class="number">Resources</th><th scope="col" class="number">Shown</th></tr></thead>
<tbody>`)
	for _, r := range p.kinds {
		w.put("\n"+`<tr><th scope="row"><button type="button" class="only" data-of="%s" disabled>%s</button></th><td class="number">%d</td><td class="number">%d</td><td class="number">%d</td></tr>`,
			r.name, nameOfKind(r.name), r.findings, r.resources, r.shown)
	}
	w.put("\n</tbody></table>\n")
	if p.moreKinds > 0 {
		w.put("<p>And %d more kinds.</p>", p.moreKinds)
	}
	w.put("\n<details")
	if len(p.tests) <= 20 {
		w.put(" open")
	}
	w.put("><summary>By test: %d", len(p.tests))
	if p.moreTests > 0 {
		w.put(" rows, and %d more that are not shown", p.moreTests)
	}
	w.put(`</summary>
<table><caption>Findings by test</caption><thead><tr><th scope="col">Test</th><th scope="col">Package</th><th scope="col" class="number">Findings</th><th scope="col" class="number">Shown</th></tr></thead>
<tbody>`)
	for _, r := range p.tests {
		name := cmp.Or(r.name, "No test owns it")
		w.put("\n<tr><th scope=\"row\">")
		if r.link != "" {
			w.put(`<a href="#%s">%s</a>`, r.link, name)
		} else {
			w.put("%s", name)
		}
		w.put("</th><td>%s</td><td class=\"number\">%d</td><td class=\"number\">%d</td></tr>", r.pkg, r.findings, r.shown)
	}
	w.put("\n</tbody></table></details>\n</section>\n")
}

func nameOfKind(kind string) string { return cmp.Or(kind, "kind not known") }

func (w *writer) filter(p *page) {
	w.put(`<form role="search" id="filter" hidden>
<label>Text <input type="search" id="text" autocomplete="off"></label>
<label>Kind <select id="kind"><option value="*">all kinds</option>`)
	for _, r := range p.kinds {
		w.put(`<option value="=%s">%s</option>`, r.name, nameOfKind(r.name))
	}
	w.put(`</select></label>
<button type="button" id="unfold">Unfold all</button>
<button type="button" id="fold">Fold all</button>
<output id="matches" role="status" for="text kind"></output>
</form>
`)
}

func (w *writer) group(g *group) {
	w.put("<section class=\"test\" id=\"%s\" aria-labelledby=\"%s-name\">\n<h3 id=\"%s-name\">%s</h3>\n", g.id, g.id, g.id, cmp.Or(g.test, "No test owns these"))
	if g.pkg != "" {
		w.put("<p class=\"quiet\">%s</p>\n", g.pkg)
	}
	for _, h := range g.headings {
		w.put("<p>%s</p>\n", h)
	}
	if len(g.notes) > 0 {
		w.put("<ul>")
		w.items("note: ", g.notes)
		w.put("</ul>\n")
	}
	for _, f := range g.findings {
		w.put("%s", f)
	}
	w.put("</section>\n")
}
