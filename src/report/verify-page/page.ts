import type { VerifyReport } from "../../core/verify-report.js";
import { curvesSection } from "./curves-section.js";
import { escape } from "./html.js";
import { locksSection } from "./locks-section.js";
import { matrixSection } from "./matrix-section.js";
import { machineSection, processSection } from "./process-section.js";
import { STYLE } from "./style.js";
import { colouredLabels, timelineData } from "./timeline-data.js";
import { TIMELINE_SCRIPT } from "./timeline-script.js";
import { timelineSection } from "./timeline-section.js";
import { verdictSection } from "./verdict-section.js";

/** The whole report as one page that needs nothing else: no network, no fonts, no other file. */
export function verifyPage(report: VerifyReport): string {
  const { scenario, verdict, before, after } = report;
  const asked = verdict.criteria.filter(({ threshold }) => threshold !== undefined);
  const failed = asked.filter(({ pass }) => !pass);
  const conclusion = failed.length === 0 ? `✔ All ${asked.length} criteria hold` : `✘ ${failed.length} of ${asked.length} criteria ${failed.length === 1 ? "does" : "do"} not hold: ${failed.map(({ title }) => title).join("; ")}`;
  const labels = colouredLabels(report);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<meta name="color-scheme" content="light dark">
<title>${escape(`${scenario}: ${failed.length === 0 ? "all criteria hold" : `${failed.length} criteria do not hold`}`)}</title>
<style>${STYLE}</style>
</head>
<body>
<a class="skip" href="#criteria">Skip to the criteria</a>
<header>
<h1>${escape(scenario)}${before === undefined ? "" : ": before and after"}</h1>
<p class="soft">${escape(before === undefined ? after.source : `${before.source} → ${after.source}`)}</p>
<p class="verdict ${failed.length === 0 ? "good" : "bad"}">${escape(conclusion)}</p>
</header>
<main>
${[verdictSection(report), timelineSection(report), curvesSection(report), locksSection(report, labels), matrixSection(report), processSection(report), machineSection(report)].filter((part) => part !== "").join("\n")}
</main>
<script type="application/json" id="data">${JSON.stringify(timelineData(report, labels)).replaceAll("<", "\\u003c")}</script>
<script>${TIMELINE_SCRIPT}</script>
</body>
</html>
`;
}
