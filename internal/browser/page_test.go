package browser_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/leakassert/leakassert/leaktest/finding"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// everything returns findings that show every part of a page.
func everything(t *testing.T) []finding.Finding {
	root := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(root, "a.go"), []byte("package a\n\nfunc F() {\n\tgo work()\n}\n"), 0o644))
	at := &finding.Frame{Func: "example.org/a.F", File: "a.go", Line: 4, InModule: true}
	goroutine := finding.Finding{
		Kind: "goroutine", Fingerprint: "goroutine a", Test: "TestA", Package: "example.org/a", Root: root, Place: at, Count: 2, Unit: "goroutine", Text: "goroutine  +2  chan receive",
		Heading: "TestA leaked", Notes: []string{"a note"}, Proven: true, Grows: "iteration", Growth: &finding.Growth{PerUnit: 1, Units: 6, Rounds: []int64{2, 4, -1}},
		Holder: []string{"a.all[…] → chan int"}, Suspect: "a.all", Retained: 2048, Cause: "nobody closes it",
		Ways:     []finding.Way{{Steps: []finding.Step{{Text: "a.all", Retained: 2048}, {Text: "[…] → chan int", Retained: 96}}}},
		Evidence: []finding.Evidence{{Label: "created by", Columns: []string{"a.F", "a.go:4"}}},
		Stacks:   []finding.Stack{{Kind: "goroutine", Frames: []finding.Frame{{Func: "example.org/a.work", File: "a.go", Line: 9, InModule: true}}, CreatedBy: at}},
	}
	pool := finding.Finding{Kind: "pool", Fingerprint: "pool orders", Test: "TestB", Package: "example.org/a", Count: 1, Unit: "pool slot", Text: "pool  +1  orders",
		Changes: []finding.Change{{Name: "InUse", Before: "0", After: "1"}, {Name: "Open", Before: "2", After: "2"}}}
	fd := finding.Finding{Kind: "fd", Fingerprint: "fd file", Package: "example.org/a", Count: 1, Unit: "descriptor", Text: "fd  +1  7 /tmp/a", Tests: []string{"TestA", "TestB"}}
	return []finding.Finding{goroutine, pool, fd, {}}
}

const shownFindings = `Array.from(document.querySelectorAll(".finding")).filter(f => f.checkVisibility()).map(f => f.dataset.kind).join()`

func TestFilter(t *testing.T) {
	b := open(t, pageOf(t, "", everything(t)...))
	assert.Equal(t, ",goroutine,pool,fd", eval[string](b, shownFindings))
	b.run(chromedp.SendKeys(chromedp.CSS("#text"), "ORDERS"))
	assert.Equal(t, "pool", eval[string](b, shownFindings))
	assert.Equal(t, "1 of 4 findings match", eval[string](b, `document.getElementById("matches").textContent`))
	assert.Equal(t, 1, eval[int](b, `Array.from(document.querySelectorAll(".test")).filter(t => t.checkVisibility()).length`), "a test without a match is not shown")
	b.run(chromedp.SendKeys(chromedp.CSS("#text"), " none such"))
	assert.Equal(t, "", eval[string](b, shownFindings))
	assert.Equal(t, "0 of 4 findings match", eval[string](b, `document.getElementById("matches").textContent`))

	// A link to a test shows it all the same.
	b.run(chromedp.Click(chromedp.CSS(`a[href="#test-2"]`)), chromedp.WaitVisible(chromedp.CSS("#test-2")))
	assert.Equal(t, ",goroutine,pool,fd", eval[string](b, shownFindings))

	b.run(chromedp.SendKeys(chromedp.CSS("#text"), "testa")) // the name of the test, and among others
	assert.Equal(t, "goroutine,fd", eval[string](b, shownFindings))
	b.run(chromedp.Evaluate[chromedp.Void](`document.getElementById("text").value = ""`), chromedp.Click(chromedp.CSS(`button[data-of="fd"]`)))
	assert.Equal(t, "fd", eval[string](b, shownFindings))
	assert.Equal(t, "=fd", eval[string](b, `document.getElementById("kind").value`))
	assert.Equal(t, "true", eval[string](b, `document.querySelector('button[data-of="fd"]').getAttribute("aria-pressed")`))
	b.run(chromedp.Click(chromedp.CSS(`button[data-of="fd"]`)))
	assert.Equal(t, ",goroutine,pool,fd", eval[string](b, shownFindings))
	b.run(chromedp.Focus(chromedp.CSS("#kind")), chromedp.KeyEvent("p"), chromedp.WaitNotVisible(chromedp.CSS("#test-1")))
	assert.Equal(t, "pool", eval[string](b, shownFindings), "chosen by the keyboard")
}

func TestFolds(t *testing.T) {
	b := open(t, pageOf(t, "", everything(t)...))
	const frames = `document.querySelector(".stack ol").checkVisibility()`
	assert.False(t, eval[bool](b, frames))
	b.run(chromedp.Focus(chromedp.CSS(".stack summary")), chromedp.KeyEvent(kb.Enter), chromedp.WaitVisible(chromedp.CSS(".stack ol")))
	assert.Contains(t, eval[string](b, `document.querySelector(".stack ol").innerText`), "example.org/a.work")
	const open = `document.querySelectorAll(".finding details[open]").length`
	b.run(chromedp.Click(chromedp.CSS("#fold")))
	assert.Zero(t, eval[int](b, open))
	b.run(chromedp.Click(chromedp.CSS("#unfold")))
	assert.Equal(t, eval[int](b, `document.querySelectorAll(".finding details").length`), eval[int](b, open))
	assert.True(t, eval[bool](b, frames))
}

// Everything that does something is reached with Tab, in the order of the page, and shows the focus.
func TestKeyboard(t *testing.T) {
	b := open(t, pageOf(t, "", everything(t)...))
	want := eval[int](b, `document.querySelectorAll("a[href], button, input, select, summary, pre[tabindex]").length`)
	seen := make(map[string]bool)
	for range want {
		b.run(chromedp.KeyEvent(kb.Tab))
		e := eval[struct {
			Key     string
			Outline string
		}](b, `(() => {
			const e = document.activeElement, all = Array.from(document.querySelectorAll("*"));
			return {Key: String(all.indexOf(e)), Outline: getComputedStyle(e).outlineStyle};
		})()`)
		assert.Equal(t, "solid", e.Outline, e.Key)
		seen[e.Key] = true
	}
	assert.Len(t, seen, want)
	assert.False(t, eval[bool](b, `document.activeElement === document.body`))
}

// What a screen reader needs: names of controls, headings in order, headers of tables, unique ids.
func TestStructure(t *testing.T) {
	b := open(t, pageOf(t, "damaged\n", everything(t)...))
	levels := strings.Split(eval[string](b, `Array.from(document.querySelectorAll("h1,h2,h3,h4,h5,h6")).map(h => h.tagName[1]).join()`), ",")
	assert.Equal(t, "1", levels[0])
	for i := 1; i < len(levels); i++ {
		assert.LessOrEqual(t, levels[i][0], levels[i-1][0]+1, "heading %d: %v", i, levels)
	}
	for what, expression := range map[string]string{
		"a second h1":                  `document.querySelectorAll("h1").length - 1`,
		"a heading without text":       `document.querySelectorAll(":is(h1,h2,h3,h4):empty").length`,
		"a field without a label":      `Array.from(document.querySelectorAll("input,select")).filter(e => !e.labels.length).length`,
		"a button without text":        `Array.from(document.querySelectorAll("button,summary,a")).filter(e => !e.textContent.trim()).length`,
		"a table without headers":      `Array.from(document.querySelectorAll("table")).filter(t => !t.querySelector("thead th[scope=col]") || !t.querySelector("tbody th[scope=row]")).length`,
		"a table without a name":       `Array.from(document.querySelectorAll("table")).filter(t => !t.caption && !t.hasAttribute("aria-labelledby")).length`,
		"an id twice":                  `(ids => ids.length - new Set(ids).size)(Array.from(document.querySelectorAll("[id]")).map(e => e.id))`,
		"a reference to nothing":       `Array.from(document.querySelectorAll("[aria-labelledby]")).filter(e => !document.getElementById(e.getAttribute("aria-labelledby"))).length`,
		"a link to nothing":            `Array.from(document.querySelectorAll('a[href^="#"]')).filter(e => !document.getElementById(e.hash.slice(1))).length`,
		"a mark by colour alone":       `Array.from(document.querySelectorAll("mark")).filter(m => !/^>|suspect/.test(m.textContent)).length`,
		"something from elsewhere":     `performance.getEntriesByType("resource").length`,
		"a page without a language":    `document.documentElement.lang ? 0 : 1`,
		"a page wider than the window": `Math.max(0, document.documentElement.scrollWidth - document.documentElement.clientWidth)`,
	} {
		assert.Zero(t, eval[int](b, expression), what)
	}
	assert.Equal(t, ">     4      go work()", eval[string](b, `document.querySelector("pre mark").textContent`))
	assert.Contains(t, eval[string](b, `document.querySelector(".tree mark").textContent`), "a.all 2.0 KiB suspect")
	assert.Equal(t, "96 B", eval[string](b, `document.querySelector(".tree ul .size").textContent`))
	assert.Equal(t, 3, eval[int](b, `Array.from(document.querySelectorAll("svg rect")).filter(r => r.getBoundingClientRect().height > 0).length`))
}

// On a narrow screen the page is not wider than the window. Long names are broken, and sources scroll
// by themselves.
func TestNarrow(t *testing.T) {
	all := everything(t)
	long := strings.Repeat("example.org/aVeryLongName/", 10)
	all[0].Text, all[0].Package, all[0].Fingerprint, all[0].Holder, all[0].Ways = long, long, long, []string{long}, nil
	all[0].Growth.Rounds = make([]int64, 60)
	all[1].Changes[0].After = long
	b := open(t, pageOf(t, "", all...))
	for _, width := range []int64{400, 320} {
		_, err := chromedp.Call(b.ctx, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: width, Height: 800, DeviceScaleFactor: 1, Mobile: true})
		require.NoError(t, err)
		b.run(chromedp.Click(chromedp.CSS("#unfold")))
		assert.Equal(t, int(width), eval[int](b, `document.documentElement.clientWidth`))
		assert.Zero(t, eval[int](b, `Math.max(0, document.documentElement.scrollWidth - document.documentElement.clientWidth)`))
		assert.Empty(t, eval[string](b, `Array.from(document.querySelectorAll(".finding *")).filter(e => !e.closest("pre") && e.getBoundingClientRect().right > document.documentElement.clientWidth).map(e => e.outerHTML.slice(0, 60)).join("\n")`))
	}
}

// The text is readable in both colour schemes: a contrast of at least 4.5 to 1, as WCAG 2 asks for.
func TestContrast(t *testing.T) {
	b := open(t, pageOf(t, "", everything(t)...))
	for _, scheme := range []string{"light", "dark"} {
		b.media("", scheme)
		back := eval[string](b, `getComputedStyle(document.body).backgroundColor`)
		assert.Equal(t, map[string]string{"light": "rgb(255, 255, 255)", "dark": "rgb(23, 23, 27)"}[scheme], back)
		worst := eval[string](b, `(() => {
			const light = c => { const [r, g, b] = c.match(/[\d.]+/g).slice(0, 3).map(v => (v /= 255) <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4); return .2126 * r + .7152 * g + .0722 * b };
			const back = e => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor; if (c !== "rgba(0, 0, 0, 0)") return c } };
			const bad = [];
			for (const e of document.querySelectorAll("body *")) {
				if (!Array.from(e.childNodes).some(n => n.nodeType === 3 && n.data.trim()) || e.closest("script,svg")) continue;
				const [a, b] = [light(getComputedStyle(e).color), light(back(e))].sort((x, y) => y - x);
				if ((a + .05) / (b + .05) < 4.5) bad.push(e.outerHTML.slice(0, 80));
			}
			return bad.join("\n");
		})()`)
		assert.Empty(t, worst, scheme)
	}
}

// What is folded is printed, and is folded again afterwards.
func TestPrints(t *testing.T) {
	b := open(t, pageOf(t, "", everything(t)...))
	b.run(chromedp.Evaluate[chromedp.Void](`addEventListener("beforeprint", () => { window.openInPrint = document.querySelectorAll("details:not([open])").length })`))
	before := eval[int](b, `document.querySelectorAll("details[open]").length`)
	pdf := value(b, chromedp.PrintToPDF())
	assert.True(t, strings.HasPrefix(string(pdf), "%PDF-"))
	assert.Equal(t, 0, eval[int](b, `window.openInPrint`))
	assert.Equal(t, before, eval[int](b, `document.querySelectorAll("details[open]").length`))
	b.media("print", "light")
	assert.False(t, eval[bool](b, `document.getElementById("filter").checkVisibility()`))
}

const attack = `</script></style></code></pre></select></option><script>document.title="owned"</script><img src=x onerror='document.title="owned"'>"'><svg onload='document.title="owned"'>` + "\x00\x1b[2J\u202e"

// No text of a test is markup, whether the page's script runs or the policy forbids it.
func TestHostileText(t *testing.T) {
	root := t.TempDir()
	const name = `<img src=x onerror=alert(4)>'"&.go`
	require.NoError(t, os.WriteFile(filepath.Join(root, name), []byte(strings.Repeat(attack+"\n", 9)), 0o644))
	at := &finding.Frame{Func: attack, File: name, Line: 5, InModule: true}
	f := finding.Finding{
		Kind: attack, Fingerprint: attack, Test: attack, Package: attack, Root: root, Place: at, CreatedBy: &finding.Frame{Func: attack, File: attack, Line: 1}, Unit: attack, Text: attack,
		Heading: attack, Notes: []string{attack}, Tests: []string{attack}, Grows: attack, Growth: &finding.Growth{Rounds: []int64{1}}, Holder: []string{attack}, Suspect: attack, Retained: 1,
		Ways:    []finding.Way{{Steps: []finding.Step{{Text: attack, Retained: 1}}}},
		Changes: []finding.Change{{Name: attack, Before: attack, After: attack}}, Evidence: []finding.Evidence{{Label: attack, Columns: []string{attack}}},
		Stacks: []finding.Stack{{Kind: attack, Text: attack, Frames: []finding.Frame{*at}, CreatedBy: at}},
	}
	b := open(t, pageOf(t, attack+"\n", f, finding.Finding{Kind: "fd", Text: "fd  +1"}))
	b.run(chromedp.Click(chromedp.CSS("#unfold")))
	assert.Equal(t, "Leaks of a test run (2)", eval[string](b, `document.title`))
	assert.Equal(t, 1, eval[int](b, `document.scripts.length`))
	assert.Zero(t, eval[int](b, `document.images.length`))
	assert.Equal(t, 1, eval[int](b, `document.querySelectorAll("svg").length`))
	assert.Contains(t, eval[string](b, `document.querySelector("pre mark").textContent`), `<script>document.title="owned"</script>`)
	b.run(chromedp.Evaluate[chromedp.Void](`document.getElementById("kind").selectedIndex = 1; document.getElementById("kind").dispatchEvent(new Event("change"))`))
	assert.Equal(t, 1, eval[int](b, `Array.from(document.querySelectorAll(".finding")).filter(f => f.checkVisibility()).length`))
	b.run(chromedp.Evaluate[chromedp.Void](`document.querySelector(".only").click()`))
}

// The policy of the page keeps a script from running even if it got into the page, and the tests see
// what the browser complains about.
func TestPolicy(t *testing.T) {
	b := open(t, pageOf(t, "", everything(t)...))
	b.run(chromedp.Evaluate[chromedp.Void](`(() => {
		const script = document.createElement("script");
		script.textContent = 'document.title = "owned"';
		document.body.append(script);
		document.body.insertAdjacentHTML("beforeend", '<img src="data:," onerror="document.title=\'owned\'"><img src="http://127.0.0.1:9/x">');
	})()`), chromedp.Evaluate[chromedp.Void](`console.error("an error")`))
	assert.Equal(t, "Leaks of a test run (4)", eval[string](b, `document.title`))
	all := strings.Join(b.take(), "\n")
	assert.Contains(t, all, "script-src")
	assert.Contains(t, all, "img-src")
	assert.Contains(t, all, "console: error")
}

func TestManyFindings(t *testing.T) {
	all := slices.Repeat(everything(t)[:1], 10_000)
	for i := range all {
		all[i].Test, all[i].Fingerprint = fmt.Sprint("Test", i), fmt.Sprint(i)
	}
	b := open(t, pageOf(t, "", all...))
	assert.Equal(t, 500, eval[int](b, `document.querySelectorAll(".finding").length`))
	b.run(chromedp.SendKeys(chromedp.CSS("#text"), "test100"))
	assert.Less(t, eval[int](b, `Array.from(document.querySelectorAll(".finding")).filter(f => f.checkVisibility()).length`), 500)
	assert.Contains(t, eval[string](b, `document.querySelector(".notice").textContent`), "500 of 10000 findings")
}

func TestNoFindings(t *testing.T) {
	b := open(t, pageOf(t, ""))
	assert.Contains(t, eval[string](b, `document.body.innerText`), "The run has no findings.")
}
