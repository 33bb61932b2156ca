import type { HelperFunction } from "../../src/core/finding.js";
import type { ProjectFacts } from "../../src/core/link/index.js";
import type { FunctionKey } from "../../src/core/link/program.js";
import { classOf } from "./same-session.js";

/** Why nothing can be added to what a function takes, without a look at whoever calls it; undefined when another parameter at its end keeps every call as it was. */
export function whyFixed(project: ProjectFacts, key: FunctionKey): string | undefined {
  const { program, graph, contexts } = project;
  const { file, fn } = program.fnOf(key);
  const name = fn.name;
  if (name === "" || (fn.kind !== "function" && fn.kind !== "arrow" && fn.kind !== "method")) return "it is no function that has a name";
  if (fn.params.some(({ rest }) => rest)) return `\`${name}\` takes any number of arguments`;
  if (fn.generator) return `\`${name}\` is a generator`;
  if (fn.kind !== "arrow" && /\barguments\b/.test(program.text(file, fn.body))) return `\`${name}\` looks at its \`arguments\``;
  if ((fn.decorators ?? []).length > 0 || contexts.entries().some((entry) => entry.key === key)) return `\`${name}\` is called by a framework`;
  if (program.file(file).directives.includes("use server") || fn.tags?.includes("use server") === true) return `\`${name}\` is called by the browser`;
  if (graph.handovers.some(({ to }) => to === key)) return `\`${name}\` is passed on, and called with other arguments elsewhere`;
  if (graph.edges.some(({ to, call }) => to === key && (call.spread === true || call.kind !== "call" || call.args.length > fn.params.length))) return `\`${name}\` is called with more arguments than it takes`;
  const kept = holders(project, key).find((holder) => holder.kind !== "import" && holder.kind !== "function" && holder.kind !== "const");
  if (kept) return `\`${name}\` is kept in \`${kept.name}\`, and called by that name`;
  const id = classOf(program, file, fn);
  return id === undefined ? undefined : whyBound(project, file, id, name);
}

/** A method whose shape somebody else prescribes. */
function whyBound({ program }: ProjectFacts, file: string, id: number, name: string): string | undefined {
  const cls = program.class(file, id);
  if (cls.superClass !== undefined || cls.implements.length > 0) return `the shape of \`${name}\` is that of what \`${cls.name}\` extends or implements`;
  for (const { classes, file: other } of program.files.values())
    for (const { superClass, span } of classes)
      if (superClass !== undefined && cls.name !== "" && new RegExp(`extends[^{]*\\b${escape(cls.name)}\\b`).test(program.text(other, span))) return `\`${cls.name}\` is extended, where \`${name}\` may be written anew`;
  return undefined;
}

/** By which names files know a function, and which files name a member like it. */
export function namesOf(project: ProjectFacts, key: FunctionKey): Pick<HelperFunction, "names" | "mentions"> {
  const { name } = project.program.fnOf(key).fn;
  const names = new Map(holders(project, key).map((holder) => [`${holder.file} ${holder.name}`, { file: holder.file, name: holder.name }]));
  const member = new RegExp(`\\.\\s*${escape(name)}\\b|[{,]\\s*${escape(name)}\\s*[,:}]`);
  const mentions = [...project.program.files.keys()].filter((file) => member.test(project.program.host.text(file) ?? ""));
  return { names: [...names.values()], mentions };
}

interface Holder {
  file: string;
  name: string;
  kind: string;
}

/** The variables that may be the function. */
function holders({ program, graph }: ProjectFacts, key: FunctionKey): Holder[] {
  const { file, fn } = program.fnOf(key);
  const { values } = graph;
  const token = values.tokens.intern({ t: "function", file, id: fn.id });
  const found: Holder[] = [];
  for (const facts of program.files.values())
    for (const { id, name, kind } of facts.variables) if (values.solver.values(values.variable(facts.file, id)).has(token)) found.push({ file: facts.file, name, kind });
  return found;
}

function escape(name: string): string {
  return name.replaceAll("$", "\\$");
}
