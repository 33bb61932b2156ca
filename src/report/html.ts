import { degree, letters } from "../core/cost.js";
import type { Finding, Place } from "../core/finding.js";
import { codeFrame } from "./frame.js";
import { PAGE_SCRIPT, PAGE_STYLE } from "./html-page.js";
import { costTexts } from "./json.js";
import type { ReportFormat, ReportInput } from "./model.js";
import { rulePage } from "./rule-page.js";
import { count } from "./terminal.js";

/** One page that needs nothing else: no network, no fonts, no other file. */
export const html: ReportFormat = { name: "html", forPeople: false, render: (input) => page(input) };

const PRIORITIES = ["P0", "P1", "P2", "P3"] as const;
const MEANING = {
  P0: "breaks under load",
  P1: "holds locks or connections too long",
  P2: "fails in some runs",
  P3: "worth tidying",
} as const;
/** Columns of a code line; the page scrolls longer ones sideways. */
const CODE_WIDTH = 160;

function page(input: ReportInput): string {
  const { findings, stats, skipped, notices = [], suppressed, version } = input;
  const rules = [...new Set(findings.map(({ rule }) => rule))].sort();
  const kept = (suppressed?.inSource ?? 0) + (suppressed?.baseline ?? 0);
  const facts = [`${count(stats.files, "file")} scanned`, `${stats.parsed.toLocaleString("en-US")} analysed`, ...(kept > 0 ? [`${kept.toLocaleString("en-US")} suppressed`] : [])];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<meta name="color-scheme" content="light dark">
<title>sessionfix: ${escape(count(findings.length, "finding"))}</title>
<style>${PAGE_STYLE}</style>
</head>
<body>
<a class="skip" href="#findings">Skip to the findings</a>
<header>
<h1>${escape(count(findings.length, "finding"))}</h1>
<p class="facts">${facts.map(escape).join(" · ")} · sessionfix ${escape(version)}</p>
${findings.length === 0 ? "" : filters(findings, rules)}
</header>
<main id="findings" tabindex="-1">
${findings.length === 0 ? `<p class="none">${stats.files === 0 ? "Nothing was scanned." : "No session mistakes found."}</p>` : findings.map((finding, index) => card(finding, index, input)).join("\n")}
<p class="none" id="nothing" hidden>No finding matches these filters.</p>
${list("Besides the findings", notices.map(({ file, line, text }) => `<code>${escape(`${file}:${line}`)}</code> ${escape(text)}`))}
${list("Could not be analysed", skipped.map(({ file, reason }) => `<code>${escape(file)}</code> ${escape(reason)}`))}
</main>
<script>${PAGE_SCRIPT}</script>
</body>
</html>
`;
}

function filters(findings: readonly Finding[], rules: readonly string[]): string {
  const priorities = PRIORITIES.filter((priority) => findings.some((finding) => finding.priority === priority)).map((priority) => {
    const number = findings.filter((finding) => finding.priority === priority).length;
    return `<label class="chip ${priority}" title="${escape(MEANING[priority])}"><input type="checkbox" name="priority" value="${priority}" checked> ${priority} <span>${number.toLocaleString("en-US")}</span></label>`;
  });
  const options = rules.map((rule) => `<option value="${escape(rule)}">${escape(rule)} (${findings.filter((finding) => finding.rule === rule).length})</option>`);
  return `<form id="filters" aria-label="Filters">
<fieldset><legend>Priority</legend>${priorities.join("")}</fieldset>
<label class="field">Rule <select name="rule"><option value="">all rules</option>${options.join("")}</select></label>
<label class="field">Text <input type="search" name="text" placeholder="file or message" autocomplete="off"></label>
<output id="shown" aria-live="polite">${escape(count(findings.length, "finding"))} shown</output>
</form>`;
}

function card(finding: Finding, index: number, input: ReportInput): string {
  const { rule, priority, file, span, message, library, confidence, fix, fixReason, why, related } = finding;
  const id = `finding-${index + 1}`;
  const haystack = `${file} ${message} ${rule} ${library}`.toLowerCase();
  return `<article id="${id}" aria-labelledby="${id}-title" data-priority="${priority}" data-rule="${escape(rule)}" data-text="${escape(haystack)}">
<h2 id="${id}-title"><span class="badge ${priority}" title="${escape(MEANING[priority])}">${priority}</span> <a href="${escape(rulePage(rule))}">${escape(rule)}</a></h2>
<p class="place"><a href="#${id}"><code>${escape(`${file}:${span.line}:${span.column}`)}</code></a> <span>${escape(library)}${confidence === "likely" ? ", likely" : ""}</span></p>
<p>${prose(message)}</p>
${excerpt(finding, input)}
${places("Why", "ol", why)}
${cost(finding)}
${related.length === 0 ? "" : `<details><summary>${escape(count(related.length, "other place"))}</summary>${places("", "ul", related)}</details>`}
<p class="fix"><b>Fix:</b> ${fix === "safe" ? "safe, <code>npx sessionfix fix</code>" : fix === "review" ? `to review, <code>npx sessionfix fix --review</code>` : "by hand"}${fixReason === undefined ? "" : `: ${prose(fixReason)}`}</p>
</article>`;
}

function excerpt({ file, span }: Finding, input: ReportInput): string {
  const source = input.text(file);
  if (source === undefined) return "";
  const lines = codeFrame(source, span, CODE_WIDTH)
    .filter(({ kind }) => kind !== "carets")
    .map(({ number, text, kind }) => `<span class="line${kind === "marked" ? " marked" : ""}"><span class="number" aria-hidden="true">${number ?? "⋮"}</span>${escape(text)}\n</span>`);
  return `<pre tabindex="0" aria-label="${escape(`${file}, line ${span.line}`)}"><code>${lines.join("")}</code></pre>`;
}

function places(title: string, tag: "ol" | "ul", list: readonly Place[]): string {
  if (list.length === 0) return "";
  const items = list.map(({ file, span, text }) => `<li>${prose(text)} <code>${escape(`${file}:${span.line}`)}</code></li>`);
  return `${title === "" ? "" : `<h3>${title}</h3>`}<${tag}>${items.join("")}</${tag}>`;
}

function cost(finding: Finding): string {
  const texts = costTexts(finding);
  if (!texts) return "";
  const { sessions = [], statements = [] } = finding.cost ?? {};
  const names = degree(sessions) + degree(statements) > 0 ? [...letters(sessions, statements)] : [];
  const parts = [...(texts.sessions === undefined ? [] : [`${texts.sessions} ${texts.sessions === "1" ? "session" : "sessions"}`]), ...(texts.statements === undefined ? [] : [`${texts.statements} ${texts.statements === "1" ? "statement" : "statements"}`])];
  const meaning = names.map(([symbol, letter]) => `${letter} = ${symbol}`).join(", ");
  return `<p><b>Cost:</b> ${escape(parts.join(", "))} each time${meaning === "" ? "" : ` (${escape(meaning)})`}</p>`;
}

function list(title: string, items: readonly string[]): string {
  return items.length === 0 ? "" : `<section><h2>${title}</h2><ul>${items.map((item) => `<li>${item}</li>`).join("")}</ul></section>`;
}

/** Text with `code` in backticks, safe in a page. */
export function prose(text: string): string {
  return escape(text).replace(/`([^`]+)`/g, "<code>$1</code>");
}

export function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
