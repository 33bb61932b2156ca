import { RUNTIME } from "../contract.js";
import type { CallFact } from "../facts/types.js";
import type { NodeId } from "./solver.js";
import type { Token, TokenId } from "./tokens.js";
import type { Values } from "./values.js";

/** What the sessions of a driver are: by the export of the runtime's entry that makes it. */
const DRIVERS: Readonly<Record<string, string>> = { betterSqlite3: "better-sqlite3", nodeSqlite: "node:sqlite", pg: "pg" };

/** A factory, whose sessions' library stands in its path: `createSessionFactory(pg)`. */
const FACTORY = /^(?:create|init)SessionFactory$/;
const SHARED = /^(?:(?:create|init)SessionFactory\((.+)\)\.)?(?:getSession|init|ready)$/;

/** What calls of sessionfix-runtime give: factories, and sessions that it opens once and shares. */
export function addShared(values: Values, token: Extract<Token, { t: "external" }>, file: string, call: CallFact, result: NodeId): void {
  const { tokens, solver } = values;
  const { module, path } = token;
  if (module === null || !module.startsWith(RUNTIME.specifier)) return;
  const driver = module === RUNTIME.specifier ? undefined : DRIVERS[path];
  if (driver !== undefined) solver.add(result, tokens.intern({ t: "external", module, path: `driver(${driver})` }));
  if (module !== RUNTIME.specifier) return;
  const shared = SHARED.exec(path);
  if (shared) solver.add(result, tokens.intern({ t: "typed", library: shared[1] ?? "better-sqlite3", role: "session" }));
  const [options] = FACTORY.test(path) ? call.args : [];
  if (options) addFactory(values, path, values.expression(file, options, call.fn), result);
}

function addFactory(values: Values, path: string, options: NodeId, result: NodeId): void {
  const { tokens, solver } = values;
  const made = (library: string): void => solver.add(result, tokens.intern({ t: "external", module: RUNTIME.specifier, path: `${path}(${library})` }));
  solver.watch(options, (given) => {
    const token = tokens.get(given);
    // `initSessionFactory(factory)` gives the factory back.
    if (token.t === "external" && token.module === RUNTIME.specifier) solver.add(result, given);
    if (token.t !== "object") return;
    solver.watch(values.field(given, "driver"), (id) => {
      const driver = tokens.get(id);
      const library = driver.t === "external" ? /^driver\((.+)\)$/.exec(driver.path)?.[1] : undefined;
      if (library !== undefined) made(library);
    });
    solver.watch(values.field(given, "open"), (id) => openedBy(values, id, made));
  });
}

function openedBy(values: Values, opener: TokenId, made: (library: string) => void): void {
  const { tokens, solver } = values;
  const fn = tokens.get(opener);
  if (fn.t !== "function") return;
  solver.watch(values.returns(fn.file, fn.id), (id) => {
    const library = tokens.libraryOf(id);
    if (library !== undefined && tokens.get(id).t !== "part") made(library);
  });
}
