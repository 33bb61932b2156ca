import type { Expr } from "../../src/core/facts/types.js";
import type { Context } from "../../src/core/link/contexts.js";
import { parts } from "../../src/core/link/expressions.js";
import type { ProjectFacts } from "../../src/core/link/index.js";
import { type FunctionKey, functionKey } from "../../src/core/link/program.js";
import type { TransactionSite } from "../../src/core/link/transactions.js";

/** The function that runs the transaction while others wait. Seeds, migrations, tests and start-up run while nobody does. */
export function runnerInService(project: ProjectFacts, site: TransactionSite): FunctionKey | undefined {
  const own = functionKey(site.file, site.call.fn);
  const runners = site.style === "wrapper" && site.invocations.length > 0 ? site.invocations.map(({ file, call }) => functionKey(file, call.fn)) : [own];
  const inContext = (context: Context) => runners.find((key) => project.contexts.of(key).has(context));
  const comesRound = inContext("repeated") ?? (project.contexts.ofCall(site.file, site.call).has("repeated") ? own : undefined);
  const handedOut = site.style === "wrapper" && site.invocations.length === 0 && isExported(project, site) && project.program.role(site.file) === "source";
  if (runsMigrations(project, site)) return undefined;
  const perCall = inContext("per-call");
  if (perCall === undefined && isMigration(project, site)) return undefined;
  return perCall ?? comesRound ?? inContext("unknown") ?? (handedOut ? own : undefined);
}

/** `export const importAll = db.transaction(…)`: nobody in sight runs it, so somebody else does. */
function isExported(project: ProjectFacts, { file, call }: TransactionSite): boolean {
  const { assigns, exports } = project.program.file(file);
  const isMade = (expr: Expr) => expr.k === "call" && expr.id === call.id;
  const holders = assigns.flatMap(({ target, value }) => (target.k === "var" && isMade(value) ? [target.id] : []));
  return exports.some((entry) => entry.k === "value" && [...parts(entry.value)].some((part) => isMade(part) || (part.k === "var" && holders.includes(part.id))));
}

/** `migrations/004_link_things.ts`, `migration/1663851423064-AddUser.ts`: whoever runs it, it has run once. */
const NUMBERED = /(^|\/)migrations?\/(?:[\w.-]+\/)?[a-z]{0,2}[-_.]?\d+[\w.-]*\.[cm]?[jt]s$/i;

/** What brings the tables up to date does so before anybody is served, also where a request has the database opened anew: `runMigrations(db)`. */
export function runsMigrations({ program }: ProjectFacts, { file, call }: Pick<TransactionSite, "file" | "call">): boolean {
  if (/(^|\/)migrations?\.[cm]?[jt]s$/i.test(file) || NUMBERED.test(file)) return true;
  const around = program.file(file).functions.filter((fn) => fn.span.start <= call.span.start && call.span.end <= fn.span.end);
  return around.some(({ id, name }) => /^(run|apply|execute|perform)(\w*[a-z])?Migrations$|^migrate(Schema|Database|Db|Tables?|ToLatest)$/i.test(name) || isListedMigration(program, file, id));
}

/** A step of a list that says so: `const migrations = [async (db) => …]`, `MIGRATIONS = { 4: { up(db) { … } } }`, `migrations["004"] = …`. */
function isListedMigration(program: ProjectFacts["program"], file: string, fn: number): boolean {
  const saysSo = (target: Expr): boolean =>
    target.k === "var" ? /(^|[a-z_])migrations$/i.test(program.variable(file, target.id).name) : target.k === "member" && (/(^|[a-z_])migrations$/i.test(target.name) || saysSo(target.of));
  return program.file(file).assigns.some(({ target, value }) => saysSo(target) && value.k !== "fn" && [...parts(value)].some((part) => part.k === "fn" && part.id === fn));
}

/** A function that says so by its name, and that no request is seen to reach, runs when the program is brought up to date. */
function isMigration(project: ProjectFacts, { file, call }: TransactionSite): boolean {
  const around = project.program.file(file).functions.filter((fn) => fn.span.start <= call.span.start && call.span.end <= fn.span.end);
  return around.some(({ name }) => /migrat/i.test(name) || /^seed([A-Z_]|$)/.test(name));
}
