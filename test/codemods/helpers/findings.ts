import { ts } from "ts-morph";
import { parse, walk } from "../../../codemods/lib/tree.js";
import type { PlanHost } from "../../../src/core/edit.js";
import type { Span } from "../../../src/core/facts/types.js";
import type { Finding, LoopTransactionDetail, SessionPerCallDetail } from "../../../src/core/finding.js";

/** Findings made by hand: the transforms are tested on what they do, not on what detection finds. */

export function spanOf(text: string, start: number, end: number): Span {
  const lineOf = (at: number): { line: number; column: number } => {
    const before = text.slice(0, at);
    return { line: before.split("\n").length, column: at - before.lastIndexOf("\n") };
  };
  const from = lineOf(start);
  const to = lineOf(end);
  return { start, end, line: from.line, column: from.column, endLine: to.line, endColumn: to.column };
}

/** The innermost node whose text starts with the marker and that passes the test. */
export function find<T extends ts.Node>(file: string, text: string, marker: string, test: (node: ts.Node) => node is T, nth = 0): T {
  const source = parse(file, text);
  const hits: T[] = [];
  walk(source, (node) => {
    if (test(node) && node.getText(source).startsWith(marker)) hits.push(node);
  });
  const innermost = hits.filter((one) => !hits.some((other) => other !== one && other.getStart() === one.getStart() && other.end < one.end));
  const hit = innermost[nth];
  if (hit === undefined) throw new Error(`no node starts with ${marker} in ${file}`);
  return hit;
}

export function spanAt(file: string, text: string, marker: string, test: (node: ts.Node) => node is ts.Node, nth = 0): Span {
  const node = find(file, text, marker, test, nth);
  return spanOf(text, node.getStart(), node.end);
}

const isLoop = (node: ts.Node): node is ts.Node => ts.isIterationStatement(node, false) || (ts.isCallExpression(node) && /\.forEach$/.test(node.expression.getText()));

export interface LoopOptions {
  style?: LoopTransactionDetail["style"];
  /** The transaction call's text begins with this. */
  transaction: string;
  session?: string;
  /** The texts with which the calls begin that run it; the transaction's own call when it is run at once. */
  runs?: string[];
  loop?: string;
  async?: boolean;
  obstacles?: LoopTransactionDetail["obstacles"];
  mode?: LoopTransactionDetail["mode"];
  inCallback?: boolean;
  commits?: string[];
  rollbacks?: string[];
}

export function loopFinding(file: string, text: string, options: LoopOptions): Finding {
  const style = options.style ?? "wrapper";
  const at = (node: ts.Node): Span => spanOf(text, node.getStart(), node.end);
  const called = (marker: string, nth = 0): Span => at(find(file, text, marker, ts.isCallExpression, nth));
  const call = find(file, text, options.transaction, ts.isCallExpression);
  const callback = call.arguments.find((one) => ts.isArrowFunction(one) || ts.isFunctionExpression(one));
  const within = style === "sql" ? call.getSourceFile() : (callback ?? call);
  const loops: ts.Node[] = [];
  walk(within, (node) => {
    if (isLoop(node) && node.getText().startsWith(options.loop ?? "")) loops.push(node);
  });
  const loop = loops[0] ?? call;
  let around: ts.Node = call;
  while (!ts.isSourceFile(around) && (around === callback || !ts.isFunctionLike(around))) around = around.parent;
  const async = options.async ?? (ts.isFunctionLike(around) && ts.canHaveModifiers(around) && (ts.getModifiers(around)?.some(({ kind }) => kind === ts.SyntaxKind.AsyncKeyword) ?? false));
  const invocations =
    style !== "wrapper" ? [] : options.runs !== undefined ? options.runs.map((marker, index) => called(marker, options.runs?.slice(0, index).filter((one) => one === marker).length)) : [spanOf(text, call.getStart(), outerCall(call).end)];
  const detail: LoopTransactionDetail = {
    kind: "loop-transaction",
    library: "better-sqlite3",
    style,
    sessionText: options.session ?? "db",
    transaction: at(call),
    invocations,
    ...(callback === undefined ? {} : { callback: at(callback) }),
    mode: options.mode ?? "default",
    commits: (options.commits ?? []).map((marker) => called(marker)),
    rollbacks: (options.rollbacks ?? []).map((marker) => called(marker)),
    loop: { file, span: at(loop), body: at(loop), kind: "for-of", inCallback: options.inCallback ?? true },
    asyncContext: async,
    obstacles: options.obstacles ?? [],
  };
  return {
    rule: "no-unbatched-loop-transaction",
    file,
    span: at(call),
    message: "one transaction holds a loop",
    priority: "P1",
    confidence: "proven",
    library: "better-sqlite3",
    fix: detail.obstacles.length > 0 ? "manual" : "review",
    why: [],
    related: [],
    fingerprint: `${file}:${call.getStart()}`,
    detail,
  };
}

function outerCall(call: ts.CallExpression): ts.Node {
  let node: ts.Node = call;
  while ((ts.isPropertyAccessExpression(node.parent) || ts.isCallExpression(node.parent)) && node.parent.expression === node) node = node.parent;
  return node;
}

export interface SessionOptions {
  /** The text with which the creating expression begins. */
  open: string;
  key?: string;
  options?: string;
  factory?: Omit<NonNullable<SessionPerCallDetail["factory"]>, "span"> & { marker: string };
  closes?: { file: string; marker: string; nth?: number; once?: boolean }[];
  uses?: { file: string; marker: string; nth?: number; context?: SessionPerCallDetail["uses"][number]["context"] }[];
  scoped?: { file: string; marker: string; what: string }[];
  openOverAwait?: { file: string; marker: string }[];
  startups?: { file: string; marker: string; framework: string }[];
}

const isCreation = (node: ts.Node): node is ts.NewExpression | ts.CallExpression => ts.isNewExpression(node) || ts.isCallExpression(node);

export function sessionFinding(files: Readonly<Record<string, string>>, file: string, options: SessionOptions): Finding {
  const textOf = (name: string): string => {
    const text = files[name];
    if (text === undefined) throw new Error(`no file ${name}`);
    return text.replace(/^\uFEFF/, "");
  };
  const place = (name: string, marker: string, nth = 0): { file: string; span: Span } => {
    const text = textOf(name);
    const node = find(name, text, marker, isCreation, nth);
    return { file: name, span: spanOf(text, node.getStart(), node.end) };
  };
  const open = place(file, options.open).span;
  const factory = options.factory;
  const detail: SessionPerCallDetail = {
    kind: "session-per-call",
    library: "better-sqlite3",
    open,
    ...(options.key === undefined ? {} : { keyText: options.key }),
    ...(options.options === undefined ? {} : { optionsText: options.options }),
    factory: null,
    closes: (options.closes ?? []).map(({ file: name, marker, nth, once }) => ({ ...place(name, marker, nth), once: once ?? false })),
    uses: (options.uses ?? []).map(({ file: name, marker, nth, context }) => ({ ...place(name, marker, nth), context: context ?? "per-call" })),
    scoped: (options.scoped ?? []).map(({ file: name, marker, what }) => ({ ...place(name, marker), what })),
    openOverAwait: (options.openOverAwait ?? []).map(({ file: name, marker }) => place(name, marker)),
    startups: (options.startups ?? []).map(({ file: name, marker, framework }) => ({ ...place(name, marker), framework })),
  };
  if (factory !== undefined) {
    const { marker, ...rest } = factory;
    const text = textOf(file);
    const node = find(file, text, marker, (one): one is ts.Node => ts.isFunctionLike(one));
    detail.factory = { ...rest, span: spanOf(text, node.getStart(), node.end) };
  }
  return {
    rule: "no-session-per-call",
    file,
    span: open,
    message: "a session is opened per call",
    priority: "P0",
    confidence: "proven",
    library: "better-sqlite3",
    fix: "safe",
    why: [],
    related: [],
    fingerprint: `${file}:${open.start}`,
    detail,
  };
}

export function memoryHost(files: Readonly<Record<string, string>>): PlanHost {
  return {
    root: "/",
    read: (file) => files[file],
    exists: (file) => file in files,
    list: () => Object.keys(files),
  };
}
