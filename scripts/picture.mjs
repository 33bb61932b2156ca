// Draws docs/before-after.svg from a harness result: `node scripts/harness.mjs … --json result.json && node scripts/picture.mjs result.json`
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const [file] = process.argv.slice(2);
if (!file) {
  console.error("Usage: node scripts/picture.mjs <result of scripts/harness.mjs --json>");
  process.exit(2);
}
const { verdict, before, after } = JSON.parse(readFileSync(file, "utf8"));
const actor = (report, name) => report.load.actors.find((each) => each.actor === name)?.latency.p99;
const sessions = (report) => verdict.criteria.find(({ id }) => id === "sessions-import")?.[report];

/** Times in ms, on one logarithmic axis. */
const rows = [
  ["longest hold of the write lock", before.load.locks.holdMs.max, after.load.locks.holdMs.max],
  ["longest stop of an event loop", worstLoop(before), worstLoop(after)],
  ["PATCH while imports run, p99", actor(before, "patch"), actor(after, "patch")],
  ["GET while imports run, p99", actor(before, "list"), actor(after, "list")],
  ["five imports: until all are done", before.load.imports.totalMs, after.load.imports.totalMs],
  ["five imports: first to last to finish", before.load.imports.spreadMs, after.load.imports.spreadMs],
];

function worstLoop(report) {
  return Math.max(...report.load.processes.map((each) => each.loop.maxMs));
}

const [WIDTH, LEFT, RIGHT, TOP, ROW] = [860, 270, 90, 70, 52];
const [from, to] = [10, 10 ** Math.ceil(Math.log10(Math.max(...rows.flat().filter(Number.isFinite))))];
const x = (ms) => LEFT + ((WIDTH - LEFT - RIGHT) * (Math.log10(Math.max(ms, from)) - Math.log10(from))) / (Math.log10(to) - Math.log10(from));
const time = (ms) => (ms >= 1000 ? `${(ms / 1000).toFixed(1)} s` : `${Math.round(ms)} ms`);
const height = TOP + rows.length * ROW + 60;

const ticks = [];
for (let ms = from; ms <= to; ms *= 10) ticks.push(`<line class="grid" x1="${x(ms)}" x2="${x(ms)}" y1="${TOP - 8}" y2="${height - 52}"/><text class="tick" x="${x(ms)}" y="${height - 36}" text-anchor="middle">${time(ms)}</text>`);
const bars = rows.map(([title, old, now], index) => {
  const y = TOP + index * ROW;
  const bar = (kind, ms, at) => `<rect class="${kind}" x="${LEFT}" y="${at}" width="${Math.max(1, x(ms) - LEFT).toFixed(1)}" height="16" rx="2"/><text class="value" x="${(x(ms) + 6).toFixed(1)}" y="${at + 12.5}">${time(ms)}</text>`;
  return `<text class="row" x="${LEFT - 12}" y="${y + 22}" text-anchor="end">${title}</text>${bar("before", old, y)}${bar("after", now, y + 19)}`;
});

const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-labelledby="t d">
<title id="t">The marketplace service before and after sessionfix, under the same load</title>
<desc id="d">${rows.map(([title, old, now]) => `${title}: ${time(old)} before, ${time(now)} after`).join(". ")}. Sessions opened by imports of 10 and 20: ${sessions("before")} before, ${sessions("after")} after.</desc>
<style>
  text { font: 13px system-ui, sans-serif; fill: #24292f } .title { font-weight: 600; font-size: 15px } .tick, .note { fill: #57606a; font-size: 12px } .value { font-size: 12px; font-variant-numeric: tabular-nums }
  .grid { stroke: #d0d7de } .before { fill: #cf222e } .after { fill: #1a7f37 } .back { fill: #ffffff }
  @media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .tick, .note { fill: #9198a1 } .grid { stroke: #3d444d } .before { fill: #f85149 } .after { fill: #3fb950 } .back { fill: #0d1117 } }
</style>
<rect class="back" width="${WIDTH}" height="${height}"/>
<text class="title" x="16" y="26">The marketplace service under the same load: two processes, five imports of 100 at once</text>
<rect class="before" x="16" y="40" width="12" height="12" rx="2"/><text class="note" x="34" y="50">before</text><rect class="after" x="92" y="40" width="12" height="12" rx="2"/><text class="note" x="110" y="50">after sessionfix fix --review</text>
${ticks.join("\n")}
${bars.join("\n")}
<text class="note" x="16" y="${height - 12}">Logarithmic scale. Sessions opened by imports of 10 and 20: ${sessions("before")} → ${sessions("after")}. Same final state; all invariants hold.</text>
</svg>
`;
writeFileSync(path.join(path.dirname(fileURLToPath(import.meta.url)), "../docs/before-after.svg"), svg);
