// Scans real applications and holds the findings against labelled places in them: docs/precision.md.
// Exit code 0: every rule of `recommended` is precise enough; 1: one is not, or a tree is not at hand; 2: wrong use, or a scan failed.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { checkCommit, checkOutAdvice, chooseNames, parseJudgements, readCorpus, readText } from "./precision/corpus.mjs";
import { documentParts, measuredSection, putBetween } from "./precision/document.mjs";
import { UsageError } from "./precision/errors.mjs";
import { printScore } from "./precision/print.mjs";
import { chooseSample, printSample } from "./precision/sample.mjs";
import { keptReport, parseReport, scanTree } from "./precision/scan.mjs";
import { belowAdmission, score } from "./precision/score.mjs";

const USAGE = `npm run precision -- --corpus <folder> --trees <folder> [options]

  --corpus <folder>       has labels.jsonl and MANIFEST.tsv
  --trees <folder>        has one tree per name in the manifest, checked out at its commit
  --repo <name>           only this tree; may be repeated
  --rule <name>           only this rule; may be repeated
  --judgements <file>     default: docs/judgements.jsonl
  --reports <folder>      keep each tree's report there
  --from-reports <folder> read the reports from there, and scan nothing
  --verbose               also traps reported and mistakes missed, with their labels' reasons
  --unjudged              also the findings that touch no label and that nobody judged
  --json                  everything, as JSON
  --sample <n>            print n unjudged findings of recommended rules with the code around them
  --seed <n>              which n; default: 1
  --write                 put the figures into docs/precision.md and the rules' pages`;

const root = resolve(fileURLToPath(import.meta.url), "../..");

try {
  const { values } = parseArgs({ options: {
    corpus: { type: "string" }, trees: { type: "string" },
    repo: { type: "string", multiple: true, default: [] }, rule: { type: "string", multiple: true, default: [] },
    judgements: { type: "string" }, reports: { type: "string" }, "from-reports": { type: "string" },
    verbose: { type: "boolean", default: false }, unjudged: { type: "boolean", default: false }, json: { type: "boolean", default: false },
    sample: { type: "string" }, seed: { type: "string", default: "1" },
    write: { type: "boolean", default: false }, help: { type: "boolean", default: false },
  } });
  if (values.help) console.log(USAGE);
  else process.exitCode = await main(values);
} catch (error) {
  const isUsage = error instanceof UsageError || error.code?.startsWith("ERR_PARSE_ARGS");
  console.error(isUsage ? `precision: ${error.message}` : error);
  process.exitCode = 2;
}

async function main(flags) {
  if (!flags.corpus) throw new UsageError(`--corpus is missing.\n\n${USAGE}`);
  if (!flags.trees && (!flags["from-reports"] || flags.sample)) throw new UsageError(`--trees is missing.\n\n${USAGE}`);
  if (flags.write && (flags.repo.length > 0 || flags.rule.length > 0)) throw new UsageError("--write needs every tree and every rule: leave --repo and --rule out.");
  const { labels, manifest } = readCorpus(flags.corpus);
  const names = chooseNames(manifest, flags.repo);
  const { rules, recommended } = await readRules(flags.rule, labels);
  const judgements = readJudgements(flags.judgements);
  const { reports, missing } = await gatherReports(names.map((name) => manifest.get(name)), flags);
  for (const advice of missing) console.error(advice);
  if (reports.size === 0) throw new UsageError("No tree is at hand.");
  if (missing.length > 0 && (flags.write || flags.repo.length > 0)) throw new UsageError(`${missing.length === 1 ? "A tree is" : `${missing.length} trees are`} missing.`);

  const result = score({ reports: new Map([...reports].map(([name, { findings }]) => [name, findings])), labels, judgements, rules, recommended });
  if (flags.sample) printSamples(result.unjudged, flags);
  else if (flags.json) process.stdout.write(`${JSON.stringify({ trees: [...reports.keys()], ...result }, null, 2)}\n`);
  else process.stdout.write(printScore(result, flags));
  if (flags.write) write(result, names.map((name) => ({ ...manifest.get(name), parsed: reports.get(name).stats.parsed, skipped: reports.get(name).skipped.length })), rules);
  return missing.length > 0 || belowAdmission(result).length > 0 ? 1 : 0;
}

/** The rules are asked of the plugin as built: this tool knows none by name. */
async function readRules(wanted, labels) {
  const plugin = join(root, "rules/dist/index.js");
  if (!existsSync(plugin)) throw new UsageError("There is no build yet: npm run build");
  const { rules, configs } = (await import(pathToFileURL(plugin).href)).default;
  const all = Object.keys(rules);
  const unknown = wanted.filter((name) => !all.includes(name));
  if (unknown.length > 0) {
    const labelled = unknown.filter((name) => labels.some(({ rule }) => rule === name));
    throw new UsageError(`This build has no rule ${unknown.join(", ")}${labelled.length > 0 ? " (places are labelled for it, though)" : ""}. It has: ${all.join(", ")}.`);
  }
  const chosen = wanted.length > 0 ? all.filter((name) => wanted.includes(name)) : all;
  return { rules: chosen, recommended: chosen.filter((name) => `sessionfix/${name}` in (configs.recommended.rules ?? {})) };
}

function readJudgements(given) {
  const path = given ?? join(root, "docs/judgements.jsonl");
  return parseJudgements(readText(path), path);
}

/** One tree after the other: a scan takes all the cores that it can use. */
async function gatherReports(trees, { trees: folder, reports: keep, "from-reports": from }) {
  const reports = new Map();
  const missing = [];
  if (keep) mkdirSync(keep, { recursive: true });
  try {
    for (const [index, tree] of trees.entries()) {
      progress(`${from ? "Reading" : "Scanning"} ${tree.name} (${index + 1} of ${trees.length})`);
      if (from) {
        const text = keptReport(from, tree.name);
        if (text === undefined) missing.push(`There is no report ${join(from, `${tree.name}.json`)}.`);
        else reports.set(tree.name, parseReport(text, `${tree.name}.json`));
        continue;
      }
      if (!existsSync(join(folder, tree.name))) {
        missing.push(checkOutAdvice(tree, folder));
        continue;
      }
      checkCommit(tree, folder);
      const text = await scanTree(join(root, "dist/cli.js"), join(folder, tree.name));
      reports.set(tree.name, parseReport(text, `The report of ${tree.name}`));
      if (keep) writeFileSync(join(keep, `${tree.name}.json`), text);
    }
  } finally {
    progress("");
  }
  return { reports, missing };
}

function progress(message) {
  if (process.stderr.isTTY === true && process.env.TERM !== "dumb" && !process.env.CI) process.stderr.write(`\r\u001b[2K${message}`);
}

function printSamples(unjudged, { sample, seed, trees }) {
  for (const one of chooseSample(unjudged, Number(sample), Number(seed))) {
    console.log(printSample(one, (repo, file) => {
      const path = join(trees, repo, file);
      return existsSync(path) ? readFileSync(path, "utf8") : undefined;
    }));
  }
}

function write(result, trees, rules) {
  const page = join(root, "docs/precision.md");
  let text = readText(page);
  for (const [name, part] of Object.entries(documentParts(result, trees))) {
    const next = putBetween(text, name, part);
    if (next === undefined) throw new UsageError(`docs/precision.md has no marks for ${name}.`);
    text = next;
  }
  writeFileSync(page, text);
  const without = [];
  for (const rule of rules) {
    const path = join(root, "rules/docs", `${rule}.md`);
    const next = putBetween(readText(path), "measured", measuredSection(rule, result));
    if (next === undefined) without.push(`rules/docs/${rule}.md`);
    else writeFileSync(path, next);
  }
  if (without.length > 0) console.error(`Left alone, because they have no <!-- measured --> … <!-- /measured -->: ${without.join(", ")}`);
}
