import { libraryWithId, packageName } from "../src/core/catalogue/index.js";
import type { Expr } from "../src/core/facts/types.js";
import { constantOf } from "../src/core/link/constants.js";
import { engineOf } from "../src/core/link/engines.js";
import type { ProjectFacts } from "../src/core/link/index.js";
import { functionKey } from "../src/core/link/program.js";
import type { OpenSite } from "../src/core/link/sessions.js";
import { isExposed } from "./lib/exposed.js";
import { finish } from "./lib/finish.js";
import { defaultBusyTimeout, type Settings, settingsOf } from "./lib/settings.js";
import type { Draft, Rule } from "./rule.js";

type Pragma = "busy_timeout" | "foreign_keys" | "journal_mode" | "synchronous";

export interface Options {
  /** Which settings to ask for: `busy_timeout`, `foreign_keys`, `journal_mode`, `synchronous`. */
  require: Pragma[];
  /** Libraries to leave out, by package name. */
  ignoreLibraries: string[];
}

const reasons: Record<Pragma, (library: string) => string> = {
  busy_timeout: (library) => `no busy timeout is set and ${library} has none by default, so a statement that meets another process's lock fails at once with SQLITE_BUSY: run \`PRAGMA busy_timeout = 5000\` right after opening`,
  foreign_keys: (library) => `its tables declare foreign keys, but \`PRAGMA foreign_keys = ON\` is never run and ${library} leaves them unchecked by default`,
  journal_mode: () => "it never switches to WAL (`PRAGMA journal_mode = WAL`), so readers and the writer block each other",
  synchronous: () => "in WAL mode, `PRAGMA synchronous = NORMAL` would save a disk sync on every commit",
};

/** Likely only: another process may have switched the file to WAL already, and the last one is a matter of taste. */
const PROVEN: readonly Pragma[] = ["busy_timeout", "foreign_keys"];

/** What somebody has to look at before it is set. https://www.sqlite.org/pragma.html, https://www.sqlite.org/wal.html */
const cautions: Record<Pragma, (sync: boolean) => string> = {
  busy_timeout: (sync) => `a statement that meets another's lock waits for up to 5 s before it fails${sync ? ", and on this synchronous driver the whole process waits with it" : ""}`,
  foreign_keys: () => "from then on writes that break a foreign key are refused: see whether the rows that are there keep it",
  journal_mode: () => "WAL stays with the file and keeps two more beside it: see what else opens or copies it, and that it lies on no network disk",
  synchronous: () => "the last commits before a power failure may be lost, though the file stays sound",
};

export const requireEngineConfig: Rule<Options> = {
  name: "require-engine-config",
  meta: {
    priority: "P2",
    recommended: true,
    description: "Require the pragmas that a SQLite session needs beside others: a busy timeout, WAL, foreign keys",
    schema: {
      type: "object",
      properties: {
        require: { type: "array", items: { enum: ["busy_timeout", "foreign_keys", "journal_mode", "synchronous"] }, uniqueItems: true },
        ignoreLibraries: { type: "array", items: { type: "string" }, uniqueItems: true },
      },
      additionalProperties: false,
    },
    defaults: { require: ["busy_timeout", "foreign_keys", "journal_mode"], ignoreLibraries: [] },
  },

  detect(file, project, options) {
    const drafts = new Map<string, Draft>();
    for (const open of project.opens) {
      if (open.file !== file || options.ignoreLibraries.includes(packageName(open.library))) continue;
      const draft = judge(project, open, options);
      if (!draft) continue;
      // The same file opened in two branches is one defect.
      const key = `${open.library} ${open.keyText ?? open.call.span.start}`;
      const first = drafts.get(key);
      if (first) first.related.push({ file, span: open.call.span, text: "opened here, too" });
      else drafts.set(key, draft);
    }
    return finish(requireEngineConfig, project, [...drafts.values()]);
  },
};

function judge(project: ProjectFacts, open: OpenSite, options: Options): Draft | undefined {
  if (!inService(project, open)) return undefined;
  if (engineOf(project.graph, open.token) !== "sqlite") return undefined;
  const settings = settingsOf(project);
  // Who only reads, or whose use is out of sight, may well be set up by somebody else.
  if (!settings.writes.has(open.token) || isExposed(project, open.token)) return undefined;
  const missing = options.require.filter((pragma) => isMissing(project, settings, open, pragma));
  const library = packageName(open.library);
  const [first] = missing;
  if (first === undefined) return undefined;
  return {
    file: open.file,
    span: open.call.span,
    message: `This ${library} session writes, but ${missing.map((pragma) => reasons[pragma](library)).join("; and ")}.`,
    confidence: missing.some((pragma) => PROVEN.includes(pragma)) ? "proven" : "likely",
    library: open.library,
    fix: "review",
    fixReason: missing.map((pragma) => cautions[pragma](libraryWithId(open.library)?.sync === true)).join("; "),
    detail: { kind: "engine-config", pragmas: missing },
    why: [],
    related: [],
  };
}

/** Not in a test or a script. What only tests are seen to call counts all the same when its class is made in the application. */
function inService({ program, contexts, graph }: ProjectFacts, { file, call }: OpenSite): boolean {
  if (program.role(file) !== "source") return false;
  if ([...contexts.ofCall(file, call)].some((context) => context !== "test")) return true;
  const owner = program.fn(file, call.fn).class;
  const made = owner === undefined ? [] : (graph.instantiations.get(functionKey(file, owner)) ?? []);
  return made.some((place) => program.role(place.file) === "source");
}

function isMissing(project: ProjectFacts, settings: Settings, open: OpenSite, pragma: Pragma): boolean {
  const { token, library } = open;
  if (settings.maySet(token, pragma) || libraryWithId(library)?.sets?.includes(pragma)) return false;
  const direct = open.kind === "connection";
  switch (pragma) {
    case "busy_timeout":
      return direct && defaultBusyTimeout(library) === 0 && !mayHave(project, open, libraryWithId(library)?.busyTimeout?.option, /timeout/i);
    case "foreign_keys":
      return direct && UNCHECKED.has(library) && (settings.texts.get(token) ?? []).some((text) => /^[^]*\bCREATE\s+TABLE\b[^]*\bREFERENCES\s+["'`[\w]/i.test(text));
    case "journal_mode":
      return !settings.setsAnywhere(pragma) && !mayHave(project, open, open.pattern.options, /wal|journal|pragma|prepareDatabase|afterCreate|^pool$|hooks/i);
    case "synchronous":
      return direct && library === "node:sqlite" && settings.setsAnywhere("journal_mode");
  }
}

/**
 * Libraries that leave foreign keys as SQLite does: off. better-sqlite3 and node:sqlite turn them on.
 * https://www.sqlite.org/foreignkeys.html#fk_enable
 */
const UNCHECKED: ReadonlySet<string> = new Set(["sqlite3", "sqlite"]);

/** Whether an option of such a name is given, or cannot be ruled out. */
function mayHave(project: ProjectFacts, { file, call }: OpenSite, path: string | undefined, names: RegExp): boolean {
  if (call.spread) return true;
  const given = path === undefined ? undefined : call.args[Number(path.split(".")[0])];
  return given !== undefined && mayHold(project, file, given, names);
}

function mayHold(project: ProjectFacts, file: string, expr: Expr, names: RegExp): boolean {
  const { expr: value } = constantOf(project.program, file, expr);
  if (value.k === "literal" || value.k === "template") return false;
  return value.k !== "object" || value.props.some(({ name }) => name === "..." || names.test(name));
}
