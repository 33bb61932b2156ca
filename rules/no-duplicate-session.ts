import { packageName } from "../src/core/catalogue/index.js";
import type { Place } from "../src/core/finding.js";
import type { ProjectFacts } from "../src/core/link/index.js";
import { type FileKey, fileKeysOf, sameFile } from "../src/core/link/keys.js";
import type { OpenSite } from "../src/core/link/sessions.js";
import { duplicateFix } from "./lib/duplicate-fix.js";
import { finish } from "./lib/finish.js";
import { isHeld } from "./lib/held-session.js";
import { runTogether } from "./lib/same-process.js";
import type { Draft, Rule } from "./rule.js";

export interface Options {
  /** Libraries to leave out, by package name. */
  ignoreLibraries: string[];
}

const messages = {
  duplicate: (library: string, first: string, count: string) =>
    `This opens a second ${library} session on the database that ${first} has open already${count}: its own connections, its own locks. Open it in one module, and import that session.`,
};

export const noDuplicateSession: Rule<Options> = {
  name: "no-duplicate-session",
  meta: {
    priority: "P1",
    recommended: false,
    description: "Disallow opening one database in two modules of a program",
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
    const drafts = groupsOf(project).flatMap(({ first, later }) =>
      later.filter((session) => session.open.file === file && !options.ignoreLibraries.includes(packageName(session.open.library))).map(({ open }) => draftOf(project, first.open, open, later.length)),
    );
    return finish(noDuplicateSession, project, drafts);
  },
};

interface Session {
  open: OpenSite;
  keys: readonly FileKey[];
}

interface Group {
  first: Session;
  later: Session[];
}

const found = new WeakMap<ProjectFacts, Group[]>();

/** Sessions that stay open on one database, by the first that opens it. */
function groupsOf(project: ProjectFacts): readonly Group[] {
  let groups = found.get(project);
  if (groups) return groups;
  groups = [];
  for (const open of project.opens) {
    const keys = keysOf(project, open);
    if (keys.length === 0 || !isHeld(project, open) || isApart(project, open)) continue;
    const session: Session = { open, keys };
    const group = groups.find(({ first }) => isDuplicate(project, first, session));
    if (group) group.later.push(session);
    else groups.push({ first: session, later: [] });
  }
  found.set(project, groups);
  return groups;
}

/** The key, or else what the library takes when nothing is said: the same each time. */
function keysOf(project: ProjectFacts, open: OpenSite): FileKey[] {
  if (open.call.args.length === 0 || saysHowToLog(open)) return [{ id: "", sure: true, at: [] }];
  return open.key ? fileKeysOf(project.graph, open.file, open.key) : [];
}

/** What a client writes to the log, and how, makes no other database of it: https://www.prisma.io/docs/orm/reference/prisma-client-reference#log */
const LOGGING = /^(log|errorFormat)$/;

/** It is given options, and none of them says what it connects to. */
function saysHowToLog({ call }: OpenSite): boolean {
  const [only, more] = call.args;
  return only?.k === "object" && more === undefined && only.props.length > 0 && only.props.every(({ name }) => LOGGING.test(name));
}

function isDuplicate(project: ProjectFacts, first: Session, later: Session): boolean {
  if (first.open.file === later.open.file || first.open.library !== later.open.library || settingsOf(first.open) !== settingsOf(later.open)) return false;
  const same = sameFile(first.keys, later.keys);
  if (!same?.left.sure || !same.right.sure) return false;
  const reached = ({ open }: Session, key: FileKey) => ({ place: { file: open.file, call: open.call }, at: key.at });
  return runTogether(project, reached(first, same.left), reached(later, same.right)) === "proven";
}

/** The options as written, but for how it is spaced. Where the key is one of them, it is compared by itself. */
function settingsOf(open: OpenSite): string {
  const { pattern, optionsText, keyText } = open;
  if (saysHowToLog(open)) return "";
  const inside = pattern.options !== undefined && pattern.key?.startsWith(`${pattern.options}.`);
  const text = optionsText ?? "";
  return (inside && keyText !== undefined ? text.replace(keyText, "") : inside || pattern.key === pattern.options ? "" : text).replace(/\s+/g, "");
}

function logsAlike(first: OpenSite, later: OpenSite): boolean {
  const [one, other] = [first, later].map((open) => (saysHowToLog(open) ? (open.optionsText ?? "").replace(/\s+/g, "") : ""));
  return one === other;
}

const APART = /replica|read_?-?only|read(er|s)?\b|writ(er|es?)\b|primary|secondary|shadow|admin|analytics|report|worker|queue|jobs?\b|listen|notif|lock|migrat|test|mock/i;

/** Meant to be another session: a replica, the writer's, a worker's, the one that listens. The names around it say so. */
function isApart(project: ProjectFacts, { file, call, fn }: OpenSite): boolean {
  const { program } = project;
  const holders = program.file(file).assigns.filter(({ value }) => value.k === "call" && value.id === call.id);
  const names = holders.flatMap(({ target }) => (target.k === "var" ? [program.variable(file, target.id).name] : target.k === "member" ? [target.name] : []));
  return [...names, file.split("/").at(-1) ?? "", program.fnOf(fn).fn.name].some((name) => APART.test(name.replace(/([a-z])([A-Z])/g, "$1_$2").replaceAll("_", " ")));
}

function draftOf(project: ProjectFacts, first: OpenSite, open: OpenSite, count: number): Draft {
  const { file, call, library } = open;
  const other: Place = { file: first.file, span: first.call.span, text: "the first session on this database is opened here" };
  return {
    file,
    span: call.span,
    message: messages.duplicate(packageName(library), `${first.file}:${first.call.span.line}`, count > 1 ? ` (${count + 1} sessions in all)` : ""),
    confidence: "likely",
    library,
    ...duplicateFix(project, first, open),
    ...(logsAlike(first, open) ? {} : { fix: "manual", fixReason: "they are told to log differently: what the one session is to log is a choice" }),
    why: [],
    related: [other],
  };
}
