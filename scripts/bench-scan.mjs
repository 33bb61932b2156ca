// Measures `sessionfix scan` beside oxlint and ESLint, side by side on one generated tree. Prints Markdown.
//   npm run bench:scan [-- --typed] [--rounds 5] [--scale 1] [--seed 1] [--keep] [--write]
// The tree is the same for the same seed and scale. --write puts the tables into docs/scan-speed.md.
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { cpus, loadavg, tmpdir, totalmem } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { checkMarks, putInto } from "./bench/lib/document.mjs";
import { fixed, markdown, whole } from "./bench/lib/table.mjs";
import { contenders } from "./bench-scan/contenders.mjs";
import { median, run } from "./bench-scan/measure.mjs";
import { writeTree } from "./bench-scan/tree.mjs";

const home = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const DOCUMENT = path.join(home, "docs/scan-speed.md");
/** What takes a minute a round is measured this often at most. */
const SLOW_ROUNDS = 1;

const { values } = parseArgs({
  options: {
    typed: { type: "boolean", default: false },
    rounds: { type: "string", default: "5" },
    scale: { type: "string", default: "1" },
    seed: { type: "string", default: "1" },
    keep: { type: "boolean", default: false },
    write: { type: "boolean", default: false },
  },
});
const rounds = Number(values.rounds);
const scale = Number(values.scale);
if (!(rounds >= 1) || !(scale > 0)) {
  console.error("--rounds is a number of at least 1, --scale one above 0.");
  process.exit(2);
}
const folder = realpathSync(mkdtempSync(path.join(tmpdir(), "sessionfix-scan-speed-")));
process.on("exit", () => {
  if (!values.keep) rmSync(folder, { recursive: true, force: true });
});
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(130));
if (values.write) checkMarks(readFileSync(DOCUMENT, "utf8"), ["scan"]);

const root = path.join(folder, "tree");
const tree = writeTree(root, { seed: Number(values.seed), scale });
if (values.keep) console.error(`The tree stays in ${root}`);
const text = report(measure(contenders(root, { typed: values.typed, folder })));
console.log(text);
if (values.write) writeFileSync(DOCUMENT, putInto(readFileSync(DOCUMENT, "utf8"), "scan", text));

/** All take turns, so that a busy moment of the machine hits everybody. */
function measure(all) {
  const results = new Map(all.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++)
    for (const { name, command, args, accepts, slow, prepare } of all) {
      if (slow && round >= SLOW_ROUNDS) continue;
      prepare();
      const result = run(command, args, { cwd: root });
      if (!accepts.includes(result.status)) throw new Error(`${name} ended with ${result.status}:\n${result.stderr}`);
      results.get(name).push(result);
      console.error(`${name}: ${fixed(result.seconds, 2)} s`);
    }
  return results;
}

function report(results) {
  const of = (name, field) => median(results.get(name).map((result) => result[field]));
  const names = [...results.keys()];
  const ratio = (above, below) => (results.has(above) ? `${fixed(of(above, "seconds") / of(below, "seconds"), 1)} by the clock, ${fixed(of(above, "processor") / of(below, "processor"), 1)} of processor time` : "not measured");
  const rows = names.map((name) => [name, fixed(of(name, "seconds"), 2), fixed(of(name, "processor"), 2), whole(of(name, "megabytes")), results.get(name).length]);
  const [load] = loadavg();
  return [
    markdown({
      title: `One tree: ${whole(tree.files)} files, ${whole(tree.lines)} lines; ${whole(tree.naming)} files name a database library`,
      head: ["", "seconds", "seconds of processor time", "peak memory, MB", "rounds"],
      rows,
      note: "Medians.",
    }),
    markdown({
      title: "Ratios",
      head: ["", "wanted", "measured"],
      rows: [
        ["sessionfix cold to oxlint", "≤ 2", ratio("sessionfix, cold", "oxlint, default rules")],
        ["ESLint with types to sessionfix cold", "≥ 20", ratio("ESLint, one typed rule", "sessionfix, cold")],
        ["ESLint without types to sessionfix cold", "", ratio("ESLint, one rule, no types", "sessionfix, cold")],
        ["sessionfix cold to warm", "≥ 10", ratio("sessionfix, cold", "sessionfix, warm")],
      ],
      note: `${cpus().length} × ${cpus()[0]?.model.trim() ?? "unknown processor"}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${process.platform}; Node ${process.version}. Load average at the end: ${load.toFixed(2)}.${load > cpus().length + 1 ? " **The machine was busy with something else: the clock's figures do not pass, processor times and their ratios may.**" : ""}`,
    }),
  ].join("\n");
}
