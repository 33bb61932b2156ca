/** `npm run fuzz:facts -- [--runs N] [--seed S] [--from <folder>]`: long runs of what test/core/facts/fuzz.test.ts does briefly. */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import fc from "fast-check";
import { checkedFacts, checkProject, cook, cookProject, recipe, type Corpus } from "./fuzz.js";
import { lint } from "./hosts.js";
import { damage } from "./mutations.js";
import { PROGRAMS } from "./programs.js";

/** Larger files make each change slow, and show nothing that smaller ones do not. In characters. */
const LARGEST = 20_000;
const MOST = 2_000;

function fromFolder(folder: string): Corpus {
  const found: { file: string; text: string }[] = [];
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const absolute = path.join(entry.parentPath, entry.name);
    if (!entry.isFile() || !/\.[cm]?[jt]sx?$/.test(entry.name) || /\.d\.[cm]?ts$/.test(entry.name) || absolute.includes(`${path.sep}node_modules${path.sep}`)) continue;
    const text = readFileSync(absolute, "utf8");
    if (text.length <= LARGEST) found.push({ file: path.relative(folder, absolute).replaceAll(path.sep, "/"), text });
  }
  // Evenly from all of it, in an order that does not depend on the disk.
  found.sort((a, b) => (a.file < b.file ? -1 : 1));
  return found.filter((_, index) => found.length <= MOST || index % Math.ceil(found.length / MOST) === 0);
}

const { values } = parseArgs({ options: { runs: { type: "string", default: "2000" }, seed: { type: "string" }, from: { type: "string" }, "no-lint": { type: "boolean", default: false } } });
const corpus = values.from === undefined ? Object.entries(PROGRAMS).map(([file, text]) => ({ file, text })) : fromFolder(path.resolve(values.from));
const seed = values.seed === undefined ? Date.now() % 2 ** 31 : Number(values.seed);
const numRuns = Number(values.runs);
console.log(`${corpus.length} programs, ${numRuns} runs, seed ${seed}`);

let failures = 0;
const counts = { changed: 0, linked: 0, linted: 0 };

function check(title: string, runs: number, property: fc.IProperty<unknown>): void {
  const startedAt = performance.now();
  const result = fc.check(property, { seed, numRuns: runs });
  console.log(`${result.failed ? "✗" : "✓"} ${title}: ${result.numRuns} runs, ${((performance.now() - startedAt) / 1_000).toFixed(1)} s`);
  if (!result.failed) return;
  failures++;
  console.log(fc.defaultReportMessage(result));
  // fast-check's message leaves out what was thrown.
  console.log(result.errorInstance);
}

check(
  "facts of changed programs",
  numRuns,
  fc.property(recipe, (each) => {
    const { file, text } = cook(each, corpus);
    if (checkedFacts(file, text)) counts.changed++;
  }),
);
check(
  "changed programs, linked",
  Math.ceil(numRuns / 4),
  fc.property(fc.array(recipe, { minLength: 1, maxLength: 6 }), (recipes) => {
    const project = cookProject(recipes, corpus);
    counts.linked += project.length;
    checkProject(project);
  }),
);
if (!values["no-lint"]) {
  check(
    "changed programs through ESLint",
    Math.ceil(numRuns / 4),
    fc.property(recipe, fc.array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 2 }), (each, hits) => {
      const { file, text } = cook(each, corpus);
      counts.linted += lint(path.posix.basename(file), damage(text, hits));
    }),
  );
}
console.log(`${counts.changed} files by themselves, ${counts.linked} linked with others, ${counts.linted} linted`);
process.exitCode = failures === 0 ? 0 : 1;
