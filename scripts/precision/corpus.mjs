// What is measured on: labelled places, the manifest of the trees they are in, and what people judged since.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { UsageError } from "./errors.mjs";

export const LABEL_VERDICTS = ["true", "false", "debatable"];
export const JUDGEMENT_VERDICTS = ["right", "wrong", "debatable"];

const text = (value) => typeof value === "string" && value !== "";
const line = (value) => Number.isInteger(value) && value > 0;

/** @throws {UsageError} that names the file and the line which cannot be read. */
export function parseLabels(source, name) {
  return parseLines(source, name, (label) =>
    text(label.repo) && text(label.file) && line(label.line) && text(label.rule) && text(label.sub) && LABEL_VERDICTS.includes(label.verdict)
      ? undefined
      : `needs repo, file, line, rule, sub, and a verdict that is one of ${LABEL_VERDICTS.join(", ")}`);
}

/** @throws {UsageError} also for two judgements of one finding. */
export function parseJudgements(source, name) {
  const seen = new Map();
  return parseLines(source, name, (judgement, number) => {
    const { repo, file, rule, verdict, why, fingerprint } = judgement;
    if (!(text(repo) && text(file) && line(judgement.line) && text(rule) && (fingerprint === undefined || text(fingerprint)) && text(why) && JUDGEMENT_VERDICTS.includes(verdict))) {
      return `needs repo, file, line, rule, why, and a verdict that is one of ${JUDGEMENT_VERDICTS.join(", ")}; a fingerprint, if any, is text`;
    }
    const key = JSON.stringify([repo, rule, fingerprint ?? [file, judgement.line]]);
    if (seen.has(key)) return `judges the same finding as line ${seen.get(key)}`;
    seen.set(key, number);
    return undefined;
  });
}

function parseLines(source, name, complaint) {
  return source.split(/\r?\n/).flatMap((row, index) => {
    if (row.trim() === "") return [];
    let value;
    try {
      value = JSON.parse(row);
    } catch (error) {
      throw new UsageError(`${name}:${index + 1} is not JSON: ${error.message}`);
    }
    const wrong = typeof value === "object" && value !== null ? complaint(value, index + 1) : "is not an object";
    if (wrong !== undefined) throw new UsageError(`${name}:${index + 1} ${wrong}.`);
    return [value];
  });
}

const COLUMNS = ["name", "owner/repo", "commit", "license", "ts_js_loc", "db_libs"];

/** The manifest, by name. @throws {UsageError} when a column is missing. */
export function parseManifest(source, name) {
  const [head = "", ...rows] = source.split(/\r?\n/).filter((row) => row !== "");
  const heads = head.split("\t");
  const missing = COLUMNS.filter((column) => !heads.includes(column));
  if (missing.length > 0) throw new UsageError(`${name} has no column ${missing.join(", ")}.`);
  return new Map(rows.map((row, index) => {
    const cells = row.split("\t");
    const at = (column) => cells[heads.indexOf(column)] ?? "";
    if (!/^[0-9a-f]{7,40}$/.test(at("commit"))) throw new UsageError(`${name}:${index + 2} has no commit.`);
    return [at("name"), { name: at("name"), repository: at("owner/repo"), commit: at("commit"), license: at("license"), lines: Number(at("ts_js_loc")), libraries: at("db_libs") }];
  }));
}

/** Reads the folder's labels and manifest. @throws {UsageError} when either cannot be read, or a label is in no tree of the manifest. */
export function readCorpus(folder) {
  const labels = parseLabels(readText(join(folder, "labels.jsonl")), "labels.jsonl");
  const manifest = parseManifest(readText(join(folder, "MANIFEST.tsv")), "MANIFEST.tsv");
  const strange = [...new Set(labels.map(({ repo }) => repo))].filter((repo) => !manifest.has(repo));
  if (strange.length > 0) throw new UsageError(`labels.jsonl labels places in ${strange.join(", ")}, which MANIFEST.tsv does not have.`);
  return { labels, manifest };
}

export function readText(path) {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new UsageError(`Cannot read ${path}: ${error.code ?? error.message}.`);
  }
}

/** @throws {UsageError} for a name that the manifest does not have. */
export function chooseNames(manifest, wanted) {
  const unknown = wanted.filter((name) => !manifest.has(name));
  if (unknown.length > 0) throw new UsageError(`The manifest has no ${unknown.join(", ")}. It has: ${[...manifest.keys()].join(", ")}.`);
  return wanted.length > 0 ? [...new Set(wanted)] : [...manifest.keys()];
}

/** How to get a tree that is not there. */
export function checkOutAdvice({ name, repository, commit }, trees) {
  const tree = join(trees, name);
  return `${name} (${repository} at ${commit}) is not in ${trees}. To check it out:
  git clone --filter=blob:none --no-checkout https://github.com/${repository} ${tree} && git -C ${tree} checkout ${commit}`;
}

/**
 * Whether a tree is at the manifest's commit: `undefined` when the folder is no git work tree of its own, so that nobody can say.
 * @throws {UsageError} when it is at another commit, since every line of every label would be wrong.
 */
export function checkCommit({ name, commit }, trees) {
  const tree = join(trees, name);
  if (!existsSync(join(tree, ".git"))) return undefined;
  let head;
  try {
    head = execFileSync("git", ["-C", tree, "rev-parse", "HEAD"], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  } catch {
    return undefined;
  }
  if (!head.startsWith(commit)) throw new UsageError(`${tree} is at ${head.slice(0, 12)}, its labels are of ${commit}: git -C ${tree} checkout ${commit}`);
  return true;
}
