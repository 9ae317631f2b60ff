(function () {
	"use strict";
	const form = document.getElementById("filter");
	if (!form) return;
	const text = document.getElementById("text"), kind = document.getElementById("kind"), matches = document.getElementById("matches");
	const findings = Array.from(document.querySelectorAll(".finding"));
	const tests = Array.from(document.querySelectorAll(".test"));
	const words = new Map(findings.map(f => [f, f.closest(".test").querySelector("h3").textContent + "\n" + f.textContent]));
	words.forEach((value, f) => words.set(f, value.toLowerCase()));
	const only = Array.from(document.querySelectorAll(".only"));

	function apply() {
		const wanted = text.value.trim().toLowerCase();
		let shown = 0;
		for (const f of findings) {
			const match = (kind.value === "*" || kind.value === "=" + f.dataset.kind) && words.get(f).includes(wanted);
			f.hidden = !match;
			if (match) shown++;
		}
		for (const t of tests) t.hidden = !t.querySelector(".finding:not([hidden])");
		for (const b of only) b.setAttribute("aria-pressed", String(kind.value === "=" + b.dataset.of));
		matches.textContent = shown + " of " + findings.length + " findings match";
	}
	function foldAll(open) {
		for (const f of findings) if (!f.hidden) for (const d of f.querySelectorAll("details")) d.open = open;
	}
	// A link to a test shows it, whatever the filter is.
	function show() {
		const target = document.getElementById(location.hash.slice(1));
		if (target && target.closest("[hidden]")) {
			text.value = "";
			kind.value = "*";
			apply();
			target.scrollIntoView();
		}
	}

	form.hidden = false;
	form.addEventListener("submit", e => e.preventDefault());
	text.addEventListener("input", apply);
	kind.addEventListener("change", apply);
	document.getElementById("unfold").addEventListener("click", () => foldAll(true));
	document.getElementById("fold").addEventListener("click", () => foldAll(false));
	for (const b of only) {
		b.disabled = false;
		b.addEventListener("click", () => {
			kind.value = kind.value === "=" + b.dataset.of ? "*" : "=" + b.dataset.of;
			apply();
		});
	}
	addEventListener("hashchange", show);

	// What is folded is printed, too.
	let folded = [];
	addEventListener("beforeprint", () => {
		folded = Array.from(document.querySelectorAll("details:not([open])"));
		for (const d of folded) d.open = true;
	});
	addEventListener("afterprint", () => {
		for (const d of folded) d.open = false;
	});
	apply();
})();
