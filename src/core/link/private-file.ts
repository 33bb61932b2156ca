import type { OpenPattern } from "../catalogue/library.js";
import type { CallFact, Expr } from "../facts/types.js";
import type { CallGraph } from "./calls.js";
import { literalText } from "./contexts.js";
import { mentions, parts } from "./expressions.js";

const PRIVATE_NAME = /tmp|temp(?!late|or|er)|backup|snapshot|upload|download|export|mkdtemp|restore/i;
/** What gives the folder for temporary files, or a new one in it. */
const TEMPORARY = /^(tmpdir|mkdtemp|mkdtempSync)$/;
/** What gives another folder or another name each time. */
const UNIQUE = /^(mkdtemp|mkdtempSync|randomUUID|randomUUIDv7|nanoid|uuid|uuidv?[147]|v[147]|ulid|cuid|createId|randomBytes)$/;
/** What makes or removes a file: who does that to the path it opens works on a file of its own. */
const MAKES_FILE = /^(writeFile|writeFileSync|copyFile|copyFileSync|cp|cpSync|createWriteStream|unlink|unlinkSync|rm|rmSync|mkdtemp|mkdtempSync)$/;

/** `:memory:`, no path at all, a temporary or just written file: a database of its own each time, on purpose. */
export function isPrivate(graph: CallGraph, file: string, call: CallFact, key: Expr | undefined, pattern: OpenPattern): boolean {
  if (!key) return pattern.key === "0" && pattern.kind === "connection";
  const text = literalText(key);
  if (text !== undefined && (text === "" || text.includes(":memory:") || text.includes("mode=memory") || /^(\/tmp\/|tmp\/)/.test(text))) return true;
  if (isNewEachTime(graph, file, key)) return true;
  if (isComparedWithMemory(graph, file, call, key) || mentions(key, (name) => PRIVATE_NAME.test(name)) || comesFrom(graph, file, key, (name) => TEMPORARY.test(name), 0)) return true;
  if (key.k !== "var") return false;
  const { program } = graph;
  const facts = program.file(file);
  const variable = program.variable(file, key.id);
  if (PRIVATE_NAME.test(variable.name)) return true;
  const isIt = (expr: Expr) => expr.k === "var" && expr.id === key.id;
  if (facts.calls.some((other) => other.fn === call.fn && other.args.some(isIt) && MAKES_FILE.test(calleeName(graph, file, other)))) return true;
  return facts.assigns.some((assign) => isIt(assign.target) && comesFrom(graph, file, assign.value, (name) => TEMPORARY.test(name), 0));
}

/** `if (path === ":memory:") db = new Database(path);` */
function isComparedWithMemory({ program }: CallGraph, file: string, call: CallFact, key: Expr): boolean {
  const named = key.k === "var" || key.k === "member" ? call.argSpans[0] : undefined;
  if (named === undefined) return false;
  const { span } = program.fn(file, call.fn);
  const before = program.text(file, { start: span.start, end: call.span.start });
  const name = program.text(file, named).replace(/[$.]/g, "\\$&");
  if (!/^[\w\\$.]+$/.test(name)) return false;
  const compared = new RegExp(`(?<![\\w$.])${name}\\s*===?\\s*(["'\`]):memory:\\1\\s*(?:\\)|\\?)`, "g");
  // In the branch that this decides: nothing has been closed since, and no other one begun.
  return [...before.matchAll(compared)].some((match) => {
    const since = before.slice(match.index + match[0].length);
    let depth = 0;
    for (const sign of since) {
      if (sign === "{") depth++;
      if (sign === "}" && --depth <= 0) return false;
    }
    return depth > 0 || !/[;:]/.test(since);
  });
}

function calleeName(graph: CallGraph, file: string, { callee }: CallFact): string {
  if (callee.k === "member" || callee.k === "global") return callee.name;
  return callee.k === "var" ? graph.program.variable(file, callee.id).name : "";
}

/** `join(folder, "board.db")` with `const folder = mkdtempSync("trial-")` in the same function: nobody else can have this file. */
function isNewEachTime(graph: CallGraph, file: string, key: Expr, depth = 0): boolean {
  const { program } = graph;
  if (depth > 4) return false;
  const made = (expr: Expr): boolean => isNewEachTime(graph, file, expr, depth + 1);
  switch (key.k) {
    case "call": {
      const call = program.call(file, key.id);
      return call.fn !== 0 && (UNIQUE.test(calleeName(graph, file, call)) || call.args.some(made) || (call.callee.k === "member" && made(call.callee.of)));
    }
    case "await":
    case "typed":
    case "member":
      return made(key.of);
    case "template":
      return key.holes.some(made);
    case "var": {
      // Made where the file is loaded, it is one for all.
      const [value, more] = program.variable(file, key.id).fn === 0 ? [] : program.valuesOf(file, key.id);
      return value !== undefined && more === undefined && made(value);
    }
    default:
      return false;
  }
}

/** Whether a function of one of these names has a part in the value: `join(tmpdir(), "x.db")`. */
function comesFrom(graph: CallGraph, file: string, expr: Expr, test: (name: string) => boolean, depth: number): boolean {
  if (depth > 4) return false;
  for (const part of parts(expr)) {
    if (part.k !== "call") continue;
    const call = graph.program.call(file, part.id);
    if (test(calleeName(graph, file, call)) || call.args.some((arg) => comesFrom(graph, file, arg, test, depth + 1))) return true;
  }
  return false;
}
