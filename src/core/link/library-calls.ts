import { librariesOf, libraryOf, libraryWithId } from "../catalogue/index.js";
import { type AcquirePattern, type Library, libraryId, type OpenPattern, type TransactionPattern } from "../catalogue/library.js";
import { isArrayMethod } from "./builtins.js";
import { constantOf } from "./constants.js";
import type { CallFact, Expr } from "../facts/types.js";
import { applyFramework } from "./framework-calls.js";
import { isList } from "./lists.js";
import type { Program } from "./program.js";
import { addShared } from "./runtime-calls.js";
import type { NodeId } from "./solver.js";
import type { TokenId } from "./tokens.js";
import type { Values } from "./values.js";
import { makesPromise } from "./waits.js";

export type ArgumentNodes = NodeId[];

export interface OutsideCall {
  file: string;
  call: CallFact;
  callee: TokenId;
  args: ArgumentNodes;
  result: NodeId;
  /** Runs a project function with these arguments; what it returns becomes the call's result. */
  invoke: (fn: TokenId, args: ArgumentNodes) => void;
}

/** Functions that run what they are given at most once and keep the result: calling the result is no new call. */
const MEMOIZERS = /^(once|onetime|mem|memo|memoi[sz]e|memoi[sz]ee|memoi[sz]e-?one|cache|lazy|singleton|remember|unstable_cache|p-?memoi[sz]e|(fast|micro|moize|nano)-memoi[sz]e)$/i;

/** By the function's name; a default export goes by its package's: `lodash/once`, `lodash.once`, `p-memoize`. */
function isMemoizer({ module, path }: { module: string | null; path: string }): boolean {
  const name = withoutDefault(path).split(".").at(-1) || (module ?? "").split(/[/.]/).at(-1);
  // React's lives as long as one request.
  return name !== undefined && MEMOIZERS.test(name) && module !== "react";
}

const DEFAULT = /^default(?=$|[.(]|new\()/;

/** A CommonJS consumer reaches the default export as the module itself: compare without it. */
export function withoutDefault(path: string): string {
  return path.replace(DEFAULT, "").replace(/^\./, "");
}

/** The pattern by which calling this opens a session, if it does. */
export function openPatternOf(module: string | null, path: string, kind: CallFact["kind"]): { library: string; pattern: OpenPattern } | undefined {
  const libraries = module === null ? [] : librariesOf(module);
  if (libraries.length === 0) return undefined;
  const bare = withoutDefault(path);
  for (const library of libraries) {
    const pattern = library.opens.find((open) => withoutDefault(open.path) === bare && (open.by === "both" || open.by === kind));
    if (pattern) return { library: libraryId(library), pattern };
  }
  return undefined;
}

/** `super(…)` makes what `new` does. */
export function kindOf({ kind, callee }: CallFact): CallFact["kind"] {
  return callee.k === "super" ? "new" : kind;
}

/** An argument, or a property of an object argument, by its catalogue path (`0`, `0.client`, `0.connection.filename`). */
export function argumentAt(call: CallFact, path: string): Expr | undefined {
  const [index, ...properties] = path.split(".");
  return properties.reduce<Expr | undefined>((expr, property) => {
    const object = expr?.k === "typed" ? expr.of : expr;
    return object?.k === "object" ? object.props.find((prop) => prop.name === property)?.value : undefined;
  }, call.args[Number(index)]);
}

/** What calling a value of another package gives, and what it passes to the functions it is given. */
export function applyExternal(values: Values, { file, call, callee, args, result }: OutsideCall): void {
  const { tokens, solver } = values;
  const token = tokens.get(callee);
  if (token.t !== "external") return;
  const library = token.module === null ? undefined : libraryOf(token.module);
  for (const wrap of library?.wraps ?? []) {
    const client = withoutDefault(wrap.path) === withoutDefault(token.path) ? argumentAt(call, wrap.client) : undefined;
    if (client && library && (wrap.foreign || isGiven(values, file, client)) && (wrap.client.includes(".") || client.k !== "object"))
      solver.add(result, tokens.intern({ t: "typed", library: libraryId(library), role: "session" }));
    if (client && library)
      solver.watch(values.expression(file, client, call.fn), (id) => {
        if (isSession(values, id)) solver.add(result, tokens.intern({ t: "derived", kind: "orm", of: id, library: libraryId(library), file, call: call.id }));
      });
  }
  const open = openPatternOf(token.module, token.path, kindOf(call));
  if (open && !(open.pattern.unless ?? []).some((path) => mayBeSession(call, path)))
    solver.add(result, tokens.intern({ t: "session", file, call: call.id, library: open.library }));
  for (const entry of token.module === null ? [] : librariesOf(token.module))
    if (entry.shared.some((path) => withoutDefault(token.path) === path)) solver.add(result, tokens.intern({ t: "typed", library: libraryId(entry), role: "session" }));
  addShared(values, token, file, call, result);
  const given = token.module === null ? undefined : moduleTransactionOf(token.module, token.path, call);
  const on = given?.pattern.session === undefined ? undefined : args[given.pattern.session];
  if (given && on !== undefined)
    solver.watch(on, (of) => {
      const id = tokens.libraryOf(of);
      if (id !== undefined && tokens.get(of).t !== "part") linkTransaction(values, given.pattern, tokens.intern({ t: "derived", kind: "handle", of, library: id, file, call: call.id }), args, result);
    });
  const extended = applyFramework(values, { file, call, token, args, into: result, result: tokens.extend(callee, call.kind === "new" ? "new()" : "()") });
  const promisifies = token.module !== null && /^(node:)?util$/.test(token.module) && withoutDefault(token.path) === "promisify";
  if (promisifies && args[0] !== undefined) solver.watch(args[0], (id) => addPromised(values, id, result));
  // A session stands for itself: as a value of its package it would only be a second name for each of its members.
  if (extended !== undefined && !open && !promisifies) solver.add(result, extended);
  if (token.module === null && call.kind === "new") solver.add(result, tokens.intern({ t: "allocation", file, id: call.id }));
  // What stands for a value is used as that value, whatever its traps do in between: `new Proxy({} as PrismaClient, …)`.
  if (token.module === null && token.path === "Proxy" && call.kind === "new" && args[0] !== undefined) solver.flow(args[0], result);
  if (makesPromise(call)) addResolved(values, file, call, result);
  // A wrapper of another package (`asyncHandler(fn)`) most often gives the function back, dressed.
  for (const arg of args)
    solver.watch(arg, (id) => {
      if (tokens.get(id).t === "function" && !isMemoizer(token) && !open && !isRunInPlace(call)) solver.add(result, id);
    });
}

/**
 * `new Promise((resolve, reject) => { const db = new sqlite3.Database(path, (error) => (error ? reject(error) : resolve(db))); })`: what a driver with callbacks opens comes out of the promise. Of other
 * values nothing is said, since they would only be more to follow.
 */
function addResolved(values: Values, file: string, call: CallFact, result: NodeId): void {
  const { program, solver, tokens } = values;
  const [executor] = call.args;
  if (executor?.k !== "fn") return;
  const { params, span } = program.fn(file, executor.id);
  const resolve = params[0]?.variable;
  const given = program.file(file).calls.filter(({ callee, span: at }) => callee.k === "var" && callee.id === resolve && span.start <= at.start && at.end <= span.end);
  for (const { args: [value], fn } of given)
    if (value !== undefined)
      solver.watch(values.expression(file, value, fn), (id) => {
        if (tokens.sessionOf(id) !== undefined) solver.add(result, id);
      });
}

/** `promisify(exec)`, `promisify(setTimeout)`: as the platform names what it offers with promises itself, `fs.promises.readFile`. */
function addPromised({ tokens, solver }: Values, of: TokenId, result: NodeId): void {
  const token = tokens.get(of);
  if (token.t !== "external") return;
  if (token.module === null && token.path !== "setTimeout") return;
  const module = token.module ?? "timers/promises";
  const name = withoutDefault(token.path);
  solver.add(result, tokens.intern({ t: "external", module, path: token.module === null ? name : `promises.${name}` }));
}

/** `settings.map(fn)`, `answer.then(fn)`: what comes of it is what the function gives, or has nothing to do with it. */
function isRunInPlace({ callee }: CallFact): boolean {
  return callee.k === "member" && (isArrayMethod(callee.name) || /^(then|catch|finally)$/.test(callee.name));
}

/** A client that comes from elsewhere (a parameter, a field, a setting): a session of some kind, whatever it is. */
function isGiven(values: Values, file: string, client: Expr): boolean {
  const { file: from, expr } = constantOf(values.program, file, client);
  if (expr.k === "member") return !isText(expr);
  return expr.k === "var" && values.program.variable(from, expr.id).kind === "param";
}

/** A literal, a template, an environment variable; or one with a default. */
function isText(expr: Expr): boolean {
  if (expr.k === "either") return expr.of.every(isText);
  return expr.k === "literal" || expr.k === "template" || (expr.k === "member" && expr.of.k === "member" && expr.of.name === "env");
}

function isSession(values: Values, id: TokenId): boolean {
  const token = values.tokens.get(id);
  return token.t === "session" || token.t === "typed" || (token.t === "derived" && token.kind === "orm");
}

/**
 * Whether an argument may be a client rather than a path: then the call wraps, it does not open. An open is claimed only
 * where the argument surely is text: a literal, a template, an environment variable.
 */
function mayBeSession(call: CallFact, path: string): boolean {
  const arg = argumentAt(call, path);
  if (!arg || (!path.includes(".") && arg.k === "object")) return false;
  return !isText(arg);
}

/** What calling a member of a session (or of what was made from it) gives. */
export function applyPart(values: Values, { file, call, callee, args, result, invoke }: OutsideCall): void {
  const { tokens, solver } = values;
  const token = tokens.get(callee);
  const library = libraryWithId(tokens.libraryOf(callee));
  if (!library) return;
  const id = libraryId(library);
  const owner = token.t === "part" ? tokens.get(token.of) : token;
  if (owner.t === "derived" && owner.kind === "transaction") {
    // `importAll(x)`, `importAll.immediate(x)`: the function that `transaction` was given runs, with these arguments.
    const made = values.program.call(owner.file, owner.call);
    const body = made.args[0];
    if (body) solver.watch(values.expression(owner.file, body, made.fn), (fn) => invoke(fn, args));
    return;
  }
  // A session that is called itself: `knex("t")`, `sql\`SELECT 1\``.
  const path = token.t === "part" ? token.path : "()";
  const of = token.t === "part" ? token.of : callee;
  const onSession = owner.t === "session" || owner.t === "typed" || (owner.t === "derived" && owner.kind !== "statement");
  if (onSession && library.prepares.includes(path)) {
    solver.add(result, tokens.intern({ t: "derived", kind: "statement", of, library: id, file, call: call.id }));
    return;
  }
  const transaction = onSession ? transactionPatternOf(library, path, call, values.program) : undefined;
  if (transaction) {
    linkTransaction(values, transaction, tokens.intern({ t: "derived", kind: transaction.style === "wrapper" ? "transaction" : "handle", of, library: id, file, call: call.id }), args, result);
    return;
  }
  const acquire = onSession ? acquirePatternOf(library, path, call) : undefined;
  if (acquire) {
    solver.add(result, tokens.intern({ t: "derived", kind: acquire.kind === "client" ? "client" : "handle", of, library: id, file, call: call.id }));
    return;
  }
  if (onSession) passAcquired(values, library, path, { of, file, call: call.id, args });
  // What a promise's callbacks give is none of the session's: see builtins.ts.
  if (/(?:^|\.)(?:then|catch|finally)$/.test(path)) return;
  // `db.pragma(…)`, `stmt.bind(…)`: chains stay parts of what they started from.
  const extended = token.t === "part" ? tokens.extend(callee, "()") : tokens.intern({ t: "part", of, path: "()" });
  if (extended !== undefined) solver.add(result, extended);
}

/** `pool.connect((error, client, done) => …)` */
function passAcquired(values: Values, library: Library, path: string, { of, file, call, args }: { of: TokenId; file: string; call: number; args: ArgumentNodes }): void {
  const { tokens, solver } = values;
  for (const { callback, kind } of library.acquires.filter((pattern) => pattern.path.test(path))) {
    if (callback === undefined) continue;
    const made = tokens.intern({ t: "derived", kind: kind === "client" ? "client" : "handle", of, library: libraryId(library), file, call });
    for (const arg of args)
      solver.watch(arg, (id) => {
        const fn = tokens.get(id);
        const param = fn.t === "function" ? values.program.fn(fn.file, fn.id).params[callback] : undefined;
        if (fn.t === "function" && param) solver.add(values.variable(fn.file, param.variable), made);
      });
  }
}

function linkTransaction(values: Values, transaction: TransactionPattern, made: TokenId, args: ArgumentNodes, result: NodeId): void {
  const { solver, tokens } = values;
  if (transaction.style === "wrapper") solver.add(result, made);
  const body = bodyIndex(transaction, args.length);
  const given = transaction.style === "array" ? undefined : args[body];
  if (given === undefined) return;
  solver.watch(given, (id) => {
    const fn = tokens.get(id);
    if (fn.t !== "function") return;
    const handle = transaction.handle === undefined ? undefined : values.program.fn(fn.file, fn.id).params[transaction.handle];
    if (handle) solver.add(values.variable(fn.file, handle.variable), made);
    if (transaction.style === "callback") solver.flow(values.returns(fn.file, fn.id), result);
  });
}

/** Which argument is the function (or list) that a transaction runs. */
export function bodyIndex({ body }: TransactionPattern, args: number): number {
  return body === "last" ? args - 1 : body;
}

/** The pattern by which calling this function of a module runs a transaction on a session that it is given. */
export function moduleTransactionOf(module: string, path: string, call: CallFact): { library: Library; pattern: TransactionPattern } | undefined {
  for (const library of librariesOf(module)) {
    const pattern = library.transactions.find(
      (candidate) => candidate.session !== undefined && candidate.path.test(withoutDefault(path)) && call.args[bodyIndex(candidate, call.args.length)] !== undefined,
    );
    if (pattern) return { library, pattern };
  }
  return undefined;
}

/** The pattern by which a call of this path makes a transaction over what it is given. */
export function transactionPatternOf(library: Library, path: string, call: CallFact, program: Program): TransactionPattern | undefined {
  return library.transactions.find((pattern) => {
    if (pattern.session !== undefined || !pattern.path.test(path)) return false;
    const body = call.args[bodyIndex(pattern, call.args.length)];
    if (body === undefined) return false;
    // `$transaction([…])` and `$transaction(async (tx) => …)` differ by what they are given. What cannot be told is no list, if there is a choice.
    const list = isList(program, program.fileOf(call), body);
    if (pattern.style === "array") return list || (body.k === "call" && !library.transactions.some((other) => other !== pattern && other.path.test(path)));
    return !list && body.k !== "object" && body.k !== "literal" && body.k !== "template";
  });
}

/** The pattern by which a call of this path takes a connection or begins a transaction. */
export function acquirePatternOf(library: Library, path: string, call: CallFact): AcquirePattern | undefined {
  return library.acquires.find((pattern) => pattern.path.test(path) && !pattern.lent && !(pattern.withoutCallback && call.args.some((arg) => arg.k === "fn")));
}
