import type { Confidence, Place } from "../src/core/finding.js";
import { packageName } from "../src/core/catalogue/index.js";
import type { ProjectFacts } from "../src/core/link/index.js";
import { sameFile } from "../src/core/link/keys.js";
import { type FunctionKey, functionKey } from "../src/core/link/program.js";
import { isClose } from "../src/core/link/sessions.js";
import { withArticle } from "./lib/article.js";
import { type Access, type FileAccess, fileAccesses } from "./lib/file-access.js";
import { finish } from "./lib/finish.js";
import { isHeld } from "./lib/held-session.js";
import { callPath } from "./lib/path.js";
import { runTogether, waysTo } from "./lib/same-process.js";
import { type SqliteOpen, sqliteOpens } from "./lib/sqlite-copies.js";
import type { Draft, Rule } from "./rule.js";

export interface Options {
  /** Functions that may touch the file, by name: `restoreSnapshot`. */
  allowFunctions: string[];
  /** Libraries to leave out, by package name. */
  ignoreLibraries: string[];
}

const messages: Readonly<Record<Access, (name: string, library: string) => string>> = {
  reads: (name, library) =>
    `\`${name}\` opens the file of ${withArticle(library)} session past SQLite: what is still in the WAL is missing, and closing the descriptor drops the locks that this process holds on the file. Use the library's \`backup()\`, or \`VACUUM INTO\` another file.`,
  overwrites: (name, library) => `\`${name}\` writes over the file of ${withArticle(library)} session that is open: the database may be corrupted. Close the session first, and open it again afterwards.`,
  removes: (name, library) =>
    `\`${name}\` takes the file of ${withArticle(library)} session away while it is open: the session goes on with a file that nobody finds any more. Close the session first.`,
};

export const noRawDatabaseFileAccess: Rule<Options> = {
  name: "no-raw-database-file-access",
  meta: {
    priority: "P1",
    recommended: true,
    description: "Disallow reading, copying or replacing a database's file while a session on it is open",
    schema: {
      type: "object",
      properties: {
        allowFunctions: { type: "array", items: { type: "string" }, uniqueItems: true },
        ignoreLibraries: { type: "array", items: { type: "string" }, uniqueItems: true },
      },
      additionalProperties: false,
    },
    defaults: { allowFunctions: [], ignoreLibraries: [] },
  },

  detect(file, project, options) {
    const drafts = touchesOf(project).filter(
      ({ access, on }) => access.file === file && !options.ignoreLibraries.includes(packageName(on.open.library)) && !options.allowFunctions.includes(project.program.fn(file, access.call.fn).name),
    );
    return finish(noRawDatabaseFileAccess, project, drafts.map((touch) => draftOf(project, touch)));
  },
};

interface Touch {
  access: FileAccess;
  on: SqliteOpen;
  confidence: Confidence;
  /** Further calls of the same function on the same database. */
  more: FileAccess[];
}

const found = new WeakMap<ProjectFacts, Touch[]>();

/** A function that touches a database's file is one defect, however many calls it takes. */
function touchesOf(project: ProjectFacts): readonly Touch[] {
  let touches = found.get(project);
  if (touches) return touches;
  const byPlace = new Map<string, Touch>();
  const opens = sqliteOpens(project);
  for (const access of opens.length === 0 ? [] : fileAccesses(project)) {
    const judged = opens.flatMap((on) => {
      const confidence = judge(project, access, on);
      return confidence ? [{ access, on, confidence, more: [] }] : [];
    });
    const best = judged.find(({ confidence }) => confidence === "proven") ?? judged[0];
    if (!best) continue;
    const place = `${functionKey(access.file, access.call.fn)} ${best.on.open.token}`;
    const known = byPlace.get(place);
    if (!known) byPlace.set(place, best);
    else if (known.access.call !== access.call) known.more.push(access);
  }
  touches = [...byPlace.values()];
  found.set(project, touches);
  return touches;
}

function judge(project: ProjectFacts, access: FileAccess, on: SqliteOpen): Confidence | undefined {
  const same = sameFile(access.keys, on.keys);
  if (!same || !isHeld(project, on.open)) return undefined;
  const contexts = project.contexts.ofCall(access.file, access.call);
  // What runs once runs before the first session, or after the last.
  if (!contexts.has("per-call") && !contexts.has("unknown")) return undefined;
  const place = { file: access.file, call: access.call };
  if (waysTo(project, { place, at: same.left.at }).some(({ calls }) => calls.some((step) => closesBefore(project, step.file, step.call, on)))) return undefined;
  const together = runTogether(project, { place, at: same.left.at, sometimes: true }, { place: { file: on.open.file, call: on.open.call }, at: same.right.at });
  if (!together) return undefined;
  return contexts.has("per-call") && same.left.sure && same.right.sure ? together : "likely";
}

const CLOSES = /close|disconnect|shut_?down|dispose|destroy|detach|tear_?down|\bstop|\bend\b/i;

/** Something is closed before the call by its function, or the call stands in what runs after a close. */
function closesBefore(project: ProjectFacts, file: string, step: FileAccess["call"], on: SqliteOpen): boolean {
  const { program } = project;
  const calls = program.file(file).calls;
  const around = new Set<FunctionKey>();
  for (let fn = step.fn; fn !== 0; fn = program.fn(file, fn).parent) {
    around.add(functionKey(file, fn));
    const { span } = program.fn(file, fn);
    if (calls.some((call) => call.argSpans.some((arg) => arg.start <= span.start && span.end <= arg.end) && CLOSES.test(program.text(file, call.calleeSpan)))) return true;
  }
  return calls.some((call) => call !== step && call.span.end <= step.span.start && around.has(functionKey(file, ranIn(project, file, call))) && CLOSES.test(program.text(file, call.calleeSpan)) && !closesAnother(project, call, on));
}

/** The function of which the call is a part: a promise's executor, which runs where it stands, belongs to the one around it. */
function ranIn({ program }: ProjectFacts, file: string, { fn }: FileAccess["call"]): number {
  const executor = program.file(file).calls.find(({ kind, callee, args: [first] }) => kind === "new" && callee.k === "global" && callee.name === "Promise" && first?.k === "fn" && first.id === fn);
  return executor?.fn ?? fn;
}

/** What is closed is surely another session, which was opened for a moment: this one stays open. */
function closesAnother({ graph }: ProjectFacts, call: FileAccess["call"], on: SqliteOpen): boolean {
  const { tokens } = graph.values;
  const closed = (graph.external.get(call) ?? []).flatMap((id) => {
    const token = tokens.get(id);
    return token.t === "part" && isClose(tokens.libraryOf(id) ?? "", token.path) ? [tokens.sessionOf(id)] : [];
  });
  return closed.length > 0 && closed.every((session) => session !== undefined && session !== on.open.token);
}

function draftOf(project: ProjectFacts, { access, on, confidence, more }: Touch): Draft {
  const { file, call } = access;
  const opened: Place = { file: on.open.file, span: on.open.call.span, text: "the session on this file is opened here" };
  return {
    file,
    span: call.span,
    message: messages[access.access](access.name, packageName(on.open.library)),
    confidence,
    library: on.open.library,
    fix: "manual",
    fixReason: "a backup takes time and another file's name, and closing the session concerns everybody who uses it",
    why: callPath(project, functionKey(file, call.fn)),
    related: [opened, ...more.map((other): Place => ({ file: other.file, span: other.call.span, text: `\`${other.name}\` touches it, too` }))],
  };
}
