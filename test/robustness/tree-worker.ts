/** The process that `npm run check:trees` gives its files: one file or folder a message, one answer each. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { buildFacts } from "../../src/core/facts/build-facts.js";
import type { FileFacts } from "../../src/core/facts/types.js";
import { describeFailure } from "../../src/project/check-syntax.js";
import { parseSource } from "../../src/project/parse.js";
import { decode } from "../../src/project/read-source.js";
import { scanProject } from "../../src/project/scan.js";
import { CpuLimit, spent } from "./cpu-limit.js";
import { brokenFacts } from "./facts-invariants.js";
import { dependsOnOrder, findingsOf, misplaced } from "./project-invariants.js";

export interface Task {
  kind: "file" | "scan" | "link";
  /** Absolute; the root of the tree for `scan` and `link`. */
  path: string;
  /** For `link`: the files, absolute. */
  files?: string[];
  /** Milliseconds of processor time; the process ends when they are not enough. */
  limitMs: number;
}

export interface Answer {
  /** Why it was left out. The rest is empty then. */
  skipped?: string;
  /** Invariants that do not hold. */
  problems: string[];
  /** The stack of what was thrown. */
  crash?: string;
  /** Processor time. */
  ms: number;
  findings: number;
  files: number;
  skips: { file: string; reason: string }[];
  /** Of this process, the highest so far. Megabytes. */
  peak: number;
}

const NOTHING: Omit<Answer, "ms" | "peak"> = { problems: [], findings: 0, files: 0, skips: [] };

type Outcome = Omit<Answer, "ms" | "peak">;

/** What the command line takes for minified, an editor shows to the plugin all the same. */
function factsOf(absolute: string, name: string, takesMinified: boolean): { facts: FileFacts; text: string } | { skipped: string } {
  const bytes = readFileSync(absolute);
  const decoded = decode(bytes);
  const minified = takesMinified && !decoded.ok && decoded.reason.startsWith("minified");
  if (!decoded.ok && !minified) return { skipped: decoded.reason };
  const text = decoded.ok ? decoded.text : bytes.toString("utf8").replace(/^\uFEFF/, "");
  const parsed = parseSource(name, text);
  if (!parsed.ok) return { skipped: describeFailure(parsed.reason) };
  return { facts: buildFacts({ ...parsed, file: name }), text };
}

function file(absolute: string): Outcome {
  const name = path.basename(absolute);
  const built = factsOf(absolute, name, true);
  if ("skipped" in built) return { ...NOTHING, skipped: built.skipped };
  const { facts, text } = built;
  const findings = findingsOf([facts], { resolve: () => undefined, text: () => text });
  return { ...NOTHING, files: 1, problems: [...brokenFacts(facts, text), ...misplaced(findings, [facts], () => text)], findings: findings.length };
}

async function scan(root: string): Promise<Outcome> {
  const { findings, skipped, stats, defects } = await scanProject({ root, strict: true });
  return { ...NOTHING, problems: defects.map(({ code, file: name, rule = "", message }) => `${code} ${name} ${rule}: ${message}`), findings: findings.length, files: stats.files, skips: skipped };
}

/** All files of a tree at once, also those that no scan would look at, in several orders. */
function link(root: string, files: readonly string[]): Outcome {
  const texts = new Map<string, string>();
  const facts: FileFacts[] = [];
  for (const absolute of files) {
    const name = path.relative(root, absolute).replaceAll(path.sep, "/");
    const built = factsOf(absolute, name, false);
    if ("skipped" in built) continue;
    texts.set(name, built.text);
    facts.push(built.facts);
  }
  const endings = ["", ".ts", ".tsx", ".js", ".mjs", ".cjs", "/index.ts", "/index.js"];
  const host = {
    resolve: (from: string, specifier: string): string | undefined => {
      if (!specifier.startsWith(".")) return undefined;
      const base = path.posix.join(path.posix.dirname(from), specifier);
      return [base, base.replace(/\.jsx?$/, "")].flatMap((each) => endings.map((ending) => each + ending)).find((each) => texts.has(each));
    },
    text: (name: string) => texts.get(name),
  };
  const findings = findingsOf(facts, host);
  const order = dependsOnOrder(facts, host, findings);
  return { ...NOTHING, files: facts.length, problems: [...misplaced(findings, facts, host.text), ...(order === undefined ? [] : [`the order of files matters: ${order}`])], findings: findings.length };
}

const limit = new CpuLimit();

async function answer(task: Task): Promise<Answer> {
  const startedAt = spent();
  limit.set(task.limitMs);
  let outcome: Outcome;
  try {
    outcome = task.kind === "file" ? file(task.path) : task.kind === "scan" ? await scan(task.path) : link(task.path, task.files ?? []);
  } catch (error) {
    outcome = { ...NOTHING, crash: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
  limit.set();
  return { ...outcome, ms: spent() - startedAt, peak: process.resourceUsage().maxRSS / 1024 };
}

process.on("message", (task: Task) => {
  void answer(task).then((result) => process.send?.(result));
});
