import path from "node:path";
import { packageName } from "../../../src/core/catalogue/index.js";
import { buildFacts } from "../../../src/core/facts/build-facts.js";
import type { CallFact } from "../../../src/core/facts/types.js";
import { type Cost, formatCost } from "../../../src/core/cost.js";
import { linkProject, type ProjectFacts } from "../../../src/core/link/index.js";
import { functionKey, type FunctionKey } from "../../../src/core/link/program.js";
import type { Token, TokenId } from "../../../src/core/link/tokens.js";
import { parseSource } from "../../../src/project/parse.js";

const ENDINGS = ["", ".ts", ".js", ".cjs", "/index.ts", "/index.js"];

/** Links a project that stands in a test: text by file name. Relative imports lead to its files, all others outside. */
export function link(texts: Record<string, string>): ProjectFacts {
  const facts = Object.entries(texts).map(([file, text]) => {
    const parsed = parseSource(file, text);
    if (!parsed.ok) throw new Error(`${file}: ${parsed.reason}`);
    return buildFacts({ ...parsed, text, file });
  });
  return linkProject(facts, {
    resolve(fromFile, specifier) {
      if (!specifier.startsWith(".")) return undefined;
      const base = path.posix.join(path.posix.dirname(fromFile), specifier);
      return [base, base.replace(/\.js$/, "")].flatMap((name) => ENDINGS.map((ending) => name + ending)).find((name) => name in texts);
    },
    text: (file) => texts[file],
  });
}

/** The function of a name (`open`, `Store.get`, `""` for the first file's top level), which must be the only one. */
export function keyOf(project: ProjectFacts, name: string): FunctionKey {
  const [first, second] = name.split(".");
  const found: FunctionKey[] = [];
  for (const { file, functions, classes } of project.program.files.values())
    for (const fn of functions) {
      const owner = fn.class === undefined ? undefined : classes[fn.class]?.name;
      if (second === undefined ? fn.name === first && fn.id !== 0 : owner === first && fn.name === second) found.push(functionKey(file, fn.id));
    }
  if (found.length !== 1 || found[0] === undefined) throw new Error(`${found.length} functions called ${name}`);
  return found[0];
}

/** The only call whose source starts with this. */
export function callAt(project: ProjectFacts, source: string): { file: string; call: CallFact } {
  const found = [];
  for (const { file, calls } of project.program.files.values())
    for (const call of calls) if (project.program.text(file, call.span).startsWith(source)) found.push({ file, call });
  if (found.length !== 1 || found[0] === undefined) throw new Error(`${found.length} calls of ${source}`);
  return found[0];
}

/** What the result of the only call that starts with this may be, in short. */
export function resultOf(project: ProjectFacts, source: string): string[] {
  const { values } = project.graph;
  const { file, call } = callAt(project, source);
  return show(project, values.solver.values(values.callResult(file, call.id)));
}

/** What the only call that starts with `probe(` is given, in short. */
export function probed(project: ProjectFacts, source = "probe("): string[] {
  const { values } = project.graph;
  const { file, call } = callAt(project, source);
  const [arg] = call.args;
  return arg ? show(project, values.solver.values(values.expression(file, arg, call.fn))) : [];
}

/** Of what the only `probe(` is given, the sessions and what was made from them: what their calls give and how other packages are reached is left out. */
export function probedSessions(project: ProjectFacts): string[] {
  return probed(project).filter((value) => /\b(session|typed) /.test(value) && !value.includes("() of "));
}

function show(project: ProjectFacts, ids: Iterable<TokenId>): string[] {
  const name = (token: Token): string => {
    switch (token.t) {
      case "function":
        return `function ${project.program.fn(token.file, token.id).name}`;
      case "class":
      case "instance":
        return `${token.t} ${project.program.class(token.file, token.id).name}`;
      case "session":
      case "typed":
        return `${token.t} ${packageName(token.library)}`;
      case "derived":
        return `${token.kind} of ${name(project.graph.values.tokens.get(token.of))}`;
      case "part":
        return `${token.path} of ${name(project.graph.values.tokens.get(token.of))}`;
      case "external":
        return `${token.module ?? "platform"} ${token.path}`;
      default:
        return token.t;
    }
  };
  return [...new Set([...ids].map((id) => name(project.graph.values.tokens.get(id))))].sort();
}

/** The functions that the only call that starts with this may run, by name. */
export function targets(project: ProjectFacts, source: string): string[] {
  const { call } = callAt(project, source);
  return project.graph.edges
    .filter((edge) => edge.call === call)
    .map((edge) => project.program.fnOf(edge.to).fn.name)
    .sort();
}

/** In which circumstances a function runs. */
export function contexts(project: ProjectFacts, name: string): string[] {
  return [...project.contexts.of(keyOf(project, name)).keys()].sort();
}

export function sessions(project: ProjectFacts, name: string): string {
  return format(project.sessionCosts.ofFunction(keyOf(project, name)));
}

export function statements(project: ProjectFacts, name: string): string {
  return format(project.statementCosts.ofFunction(keyOf(project, name)));
}

/** With the names of what is looped over instead of letters. */
function format(cost: Cost): string {
  return formatCost(cost, new Map());
}
