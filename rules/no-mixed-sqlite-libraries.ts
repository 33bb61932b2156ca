import type { Confidence, Place } from "../src/core/finding.js";
import type { ProjectFacts } from "../src/core/link/index.js";
import { type FileKey, sameFile } from "../src/core/link/keys.js";
import { functionKey } from "../src/core/link/program.js";
import { isClose, type OpenSite, partCalls } from "../src/core/link/sessions.js";
import { packageName } from "../src/core/catalogue/index.js";
import { finish } from "./lib/finish.js";
import { callPath } from "./lib/path.js";
import { runTogether } from "./lib/same-process.js";
import { type SqliteOpen, sqliteOpens } from "./lib/sqlite-copies.js";
import type { Draft, Rule } from "./rule.js";

export interface Options {
  /** Libraries to leave out, by package name. */
  ignoreLibraries: string[];
}

const messages = {
  mixed: (copy: string, other: string, place: string) =>
    `This opens with ${copy} the file that ${other} opens at ${place}, in one process. Two copies of SQLite in a process do not see each other's locks, so both may write at once and lose what the other wrote. Open the file through one library.`,
};

export const noMixedSqliteLibraries: Rule<Options> = {
  name: "no-mixed-sqlite-libraries",
  meta: {
    priority: "P0",
    recommended: true,
    description: "Disallow opening one SQLite file through two libraries in one process",
    schema: {
      type: "object",
      properties: {
        ignoreLibraries: { type: "array", items: { type: "string" }, uniqueItems: true },
      },
      additionalProperties: false,
    },
    defaults: { ignoreLibraries: [] },
  },

  detect(file, project, options) {
    const drafts = mixturesOf(project)
      .filter(({ later, first }) => later.open.file === file && ![later, first].some(({ open }) => options.ignoreLibraries.includes(packageName(open.library))))
      .map((mixture) => draftOf(project, mixture));
    return finish(noMixedSqliteLibraries, project, drafts);
  },
};

interface Mixture {
  first: SqliteOpen;
  later: SqliteOpen;
  confidence: Confidence;
}

const found = new WeakMap<ProjectFacts, Mixture[]>();

/** Each open through another copy than one before it, once, with the first such. */
function mixturesOf(project: ProjectFacts): readonly Mixture[] {
  let mixtures = found.get(project);
  if (mixtures) return mixtures;
  mixtures = [];
  const opens = sqliteOpens(project);
  for (const [index, later] of opens.entries()) {
    const judged = opens.slice(0, index).flatMap((first) => {
      const confidence = judge(project, first, later);
      return confidence ? [{ first, later, confidence }] : [];
    });
    const best = judged.find(({ confidence }) => confidence === "proven") ?? judged[0];
    if (best && !mixtures.some((known) => known.later.copy === later.copy && known.first === best.first)) mixtures.push(best);
  }
  found.set(project, mixtures);
  return mixtures;
}

function judge(project: ProjectFacts, first: SqliteOpen, later: SqliteOpen): Confidence | undefined {
  if (first.copy === later.copy || neverBoth(first.copy, later.copy)) return undefined;
  const same = sameFile(first.keys, later.keys);
  if (!same || takesTurns(project, first.open, later.open)) return undefined;
  const reached = ({ open }: SqliteOpen, key: FileKey) => ({ place: { file: open.file, call: open.call }, at: key.at });
  const together = runTogether(project, reached(first, same.left), reached(later, same.right));
  return together && same.left.sure && same.right.sure ? together : together && "likely";
}

/** Bun has neither: who names both takes the one that the runtime has. https://bun.sh/docs/api/sqlite */
function neverBoth(one: string, other: string): boolean {
  const notInBun = /^(?:better-sqlite3.*|.*\bsqlite3|node:sqlite)$/;
  return (one === "bun:sqlite" && notInBun.test(other)) || (other === "bun:sqlite" && notInBun.test(one));
}

/** The first is closed by the function that opened it before that opens the second. */
function takesTurns(project: ProjectFacts, one: OpenSite, other: OpenSite): boolean {
  const [before, after] = one.call.span.start < other.call.span.start ? [one, other] : [other, one];
  if (one.fn !== other.fn) return false;
  return partCalls(project.graph, before.token).some(
    ({ file, call, path }) => functionKey(file, call.fn) === before.fn && isClose(before.library, path) && call.span.start > before.call.span.start && call.span.end <= after.call.span.start,
  );
}

function draftOf(project: ProjectFacts, { first, later, confidence }: Mixture): Draft {
  const { open } = later;
  const other: Place = { file: first.open.file, span: first.open.call.span, text: `${first.copy} opens the same file here` };
  return {
    file: open.file,
    span: open.call.span,
    message: messages.mixed(later.copy, first.copy, `${first.open.file}:${first.open.call.span.line}`),
    confidence,
    library: open.library,
    fix: "manual",
    fixReason: "which of the two libraries stays is a choice, and their interfaces differ",
    why: callPath(project, open.fn),
    related: [other],
  };
}
