import { fileEntriesOf } from "../catalogue/index.js";
import type { Expr, FileFacts } from "../facts/types.js";
import type { CallPlace } from "./calls.js";
import type { Context, Contexts, Step } from "./contexts.js";
import { literalText, parts } from "./expressions.js";
import { type FunctionKey, functionKey, type Program } from "./program.js";

/** Where running code begins that reaches a place, and the way from there. */
export interface Root {
  file: string;
  context: Context;
  path: readonly Step[];
}

/** Packages that make a command line of the file that uses them: each run does one of the things it can do. */
const COMMAND_LINE = /^(?:commander|yargs|cac|citty|clipanion|meow|sade|oclif|@oclif\/.*|@commander-js\/.*|caporal|vorpal|gluegun)$/;

/** Which files are loaded together: modules that one module loads, pages and routes that one framework serves, worker threads. */
export class Processes {
  readonly #loadedBy = new Map<string, Set<string>>();
  readonly #above = new Map<string, ReadonlySet<string>>();

  constructor(
    readonly program: Program,
    readonly contexts: Contexts,
  ) {
    for (const facts of program.files.values())
      for (const specifier of loads(facts)) {
        const target = program.host.resolve(facts.file, specifier);
        if (target === undefined || target === facts.file) continue;
        const known = this.#loadedBy.get(target);
        if (known) known.add(facts.file);
        else this.#loadedBy.set(target, new Set([facts.file]));
      }
  }

  /** Where code begins that reaches a call: modules that are loaded, requests that are served; one way for each kind. */
  rootsOf({ file, call }: CallPlace): Root[] {
    const key: FunctionKey = functionKey(file, call.fn);
    return [...this.contexts.of(key).keys()].flatMap((context): Root[] => {
      const path = this.contexts.pathTo(key, context);
      const [first] = path;
      return first ? [{ file: first.file, context, path }] : [];
    });
  }

  /** Whether two files are surely loaded into one process that serves, and not into a script, a test or a command line. */
  together(left: string, right: string): boolean {
    const above = this.#aboveOf(left);
    const others = this.#aboveOf(right);
    const served = new Set<string>();
    for (const file of above) {
      if (!this.#serves(file)) continue;
      if (others.has(file)) return true;
      const app = this.#appOf(file);
      if (app !== undefined) served.add(app);
    }
    for (const file of others) {
      const app = served.size > 0 && this.#serves(file) ? this.#appOf(file) : undefined;
      if (app !== undefined && served.has(app)) return true;
    }
    return false;
  }

  #serves(file: string): boolean {
    return this.program.role(file) === "source" && !this.program.files.get(file)?.specifiers.some((specifier) => COMMAND_LINE.test(specifier));
  }

  /** The folder of the application whose framework loads this file by its place in it: all of them run in one server. */
  #appOf(file: string): string | undefined {
    const facts = this.program.files.get(file);
    if (!facts || fileEntriesOf(facts).length === 0) return undefined;
    return /^(.*?)(?:^|\/)(?:src\/)?(?:app|pages|routes|server|api)\//.exec(file)?.[1];
  }

  /** The file itself, and all that load it, directly or not. */
  #aboveOf(file: string): ReadonlySet<string> {
    const known = this.#above.get(file);
    if (known) return known;
    const found = new Set([file]);
    for (const each of found) for (const loader of this.#loadedBy.get(each) ?? []) found.add(loader);
    this.#above.set(file, found);
    return found;
  }
}

/** The modules that a file loads when it runs: types alone load nothing, and a worker thread is the same process. */
function* loads(facts: FileFacts): Generator<string> {
  const types = new Set<string>();
  for (const { import: from } of facts.variables) if (from?.typeOnly) types.add(from.specifier);
  for (const entry of facts.exports) if (entry.k === "from" && entry.typeOnly) types.add(entry.specifier);
  for (const { import: from } of facts.variables) if (from && !from.typeOnly) types.delete(from.specifier);
  for (const entry of facts.exports) if (entry.k === "star" || (entry.k === "from" && !entry.typeOnly)) types.delete(entry.specifier);
  for (const specifier of facts.specifiers) if (!types.has(specifier)) yield specifier;
  if (!facts.specifiers.some((specifier) => /^(?:node:)?worker_threads$/.test(specifier))) return;
  for (const { kind, callee, args } of facts.calls) {
    const name = callee.k === "var" ? facts.variables[callee.id]?.import?.name : callee.k === "member" ? callee.name : undefined;
    const script = kind === "new" && name === "Worker" && args[0] ? scriptOf(facts, args[0]) : undefined;
    if (script !== undefined) yield script;
  }
}

/** `"./worker.js"`, `new URL("./worker.js", import.meta.url)`. */
function scriptOf(facts: FileFacts, expr: Expr): string | undefined {
  for (const part of parts(expr)) {
    const text = literalText(part.k === "call" ? (facts.calls[part.id]?.args[0] ?? part) : part);
    if (text?.startsWith(".")) return text;
  }
  return undefined;
}
