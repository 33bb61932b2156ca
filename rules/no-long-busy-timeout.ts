import { libraryWithId, packageName } from "../src/core/catalogue/index.js";
import type { Span } from "../src/core/facts/types.js";
import { constantOf } from "../src/core/link/constants.js";
import { engineOf } from "../src/core/link/engines.js";
import type { ProjectFacts } from "../src/core/link/index.js";
import type { TokenId } from "../src/core/link/tokens.js";
import { withArticle } from "./lib/article.js";
import { finish } from "./lib/finish.js";
import { numberOf, settingsOf } from "./lib/settings.js";
import { runsOnWorker } from "./lib/worker-thread.js";
import type { Draft, Rule } from "./rule.js";

export interface Options {
  /** The longest busy timeout that is not reported, in milliseconds. */
  maxMilliseconds: number;
  /** Libraries to leave out, by package name. */
  ignoreLibraries: string[];
}

const messages = {
  sync: (library: string, wait: string) =>
    `${library} waits for a lock on the calling thread, so this busy timeout may freeze the whole process for ${wait}: set a few seconds, and retry what is still busy after that.`,
  async: (library: string, wait: string) => `With this busy timeout ${withArticle(library)} statement may wait ${wait} for a lock, and everything behind it waits, too: set a few seconds, and find out who holds the lock.`,
};

export const noLongBusyTimeout: Rule<Options> = {
  name: "no-long-busy-timeout",
  meta: {
    priority: "P2",
    recommended: true,
    description: "Disallow busy timeouts so long that waiting for a lock freezes the process",
    schema: {
      type: "object",
      properties: {
        maxMilliseconds: { type: "integer", minimum: 0 },
        ignoreLibraries: { type: "array", items: { type: "string" }, uniqueItems: true },
      },
      additionalProperties: false,
    },
    defaults: { maxMilliseconds: 10_000, ignoreLibraries: [] },
  },

  detect(file, project, options) {
    if (project.program.role(file) !== "source") return [];
    const drafts: Draft[] = [];
    // Finding them tells which sessions nobody else shares.
    const { opens } = project;
    const report = (span: Span, library: string, wait: number): void => {
      // Not a number where it is computed.
      if (!(wait > options.maxMilliseconds) || options.ignoreLibraries.includes(packageName(library))) return;
      drafts.push(draftOf(file, span, library, wait));
    };
    for (const { name, value, file: at, span, call, receivers } of settingsOf(project).pragmas) {
      if (at !== file || !span || !call || name !== "busy_timeout" || !runsInService(project, file, call)) continue;
      const library = libraryOf(project, receivers);
      if (library !== undefined) report(span, library, Number(value));
    }
    for (const open of opens) {
      if (open.file !== file || !runsInService(project, file, open.call) || engineOf(project.graph, open.token) !== "sqlite") continue;
      const wait = optionOf(project, file, open.call, libraryWithId(open.library)?.busyTimeout?.option ?? `${open.pattern.options ?? "0"}.busyTimeout`);
      if (wait !== undefined) report(open.call.span, open.library, wait);
    }
    return finish(noLongBusyTimeout, project, drafts);
  },
};

function draftOf(file: string, span: Span, library: string, wait: number): Draft {
  const sync = libraryWithId(library)?.sync ?? false;
  const text = `${wait / 1000} s`;
  return {
    file,
    span,
    message: messages[sync ? "sync" : "async"](packageName(library), text),
    confidence: sync ? "proven" : "likely",
    library,
    fix: "review",
    fixReason: "what is busy for so long has a cause of its own, and a shorter wait shows it as SQLITE_BUSY",
    why: [],
    related: [],
  };
}

/** The library of the sessions on which a pragma is set; undefined where none is known, or where nobody else has the file. */
function libraryOf({ graph }: ProjectFacts, sessions: readonly TokenId[]): string | undefined {
  if (sessions.length > 0 && sessions.every((id) => graph.privateSessions.has(id))) return undefined;
  const [first] = sessions;
  return first === undefined ? undefined : graph.values.tokens.libraryOf(first);
}

function runsInService(project: ProjectFacts, file: string, call: Parameters<ProjectFacts["contexts"]["ofCall"]>[1]): boolean {
  if (runsOnWorker(project, file, call)) return false;
  const contexts = [...project.contexts.ofCall(file, call)];
  return contexts.length === 0 || contexts.some((context) => context !== "test");
}

/** The number that an option has, written out or in a constant. */
function optionOf(project: ProjectFacts, file: string, call: Parameters<ProjectFacts["contexts"]["ofCall"]>[1], path: string): number | undefined {
  const [index = "0", property] = path.split(".");
  const given = call.args[Number(index)];
  if (!given || call.spread) return undefined;
  const { file: from, expr } = constantOf(project.program, file, given);
  const value = expr.k === "object" ? expr.props.find(({ name }) => name === property)?.value : undefined;
  const number = numberOf(project, from, value);
  return number === undefined ? undefined : Number(number);
}
