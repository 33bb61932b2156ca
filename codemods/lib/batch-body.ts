import { ts } from "ts-morph";
import type { LoopParts } from "./loop.js";
import type { Rewrite } from "./rewrite.js";
import { declaredBy, mentions } from "./segments.js";
import type { Segment, Unit } from "./segments.js";
import { quoted } from "./style.js";
import type { Style } from "./style.js";
import { hasOwn } from "./loop.js";
import { literalRanges, nextLine } from "./text.js";
import type { Tree } from "./tree.js";

/** How the new code reaches the database: by the session itself, or through the application's own transaction helper. */
export interface Access {
  /** The batch helper's first argument. */
  batches: string;
  /** What opens and closes a transaction of its own around statements, and around one expression. */
  open(async: boolean): string;
  close: string;
  openValue(async: boolean): string;
  closeValue: string;
  /** Who runs the item callback asks for a promise. */
  promises: boolean;
  /** The call before each transaction that makes what it is begun on, where values belong to that: `fork`. */
  fresh?: string;
  /** The handle as the item callback's second parameter. */
  handle?: string;
}

export interface BatchBody {
  before: Segment[];
  loop: LoopParts;
  loopUnit: Unit;
  after: Segment[];
  /** Indentation of the new statements, and of the old ones. */
  outer: string;
  inner: string;
  style: Style;
  access: Access;
  batched: string;
  async: boolean;
  batchSize: number;
  label: string | undefined;
}

/** Writes statements one after the other, each on a line of its own unless it is the region's first. */
export class Lines {
  #first = true;

  constructor(
    readonly out: Rewrite,
    readonly inner: string,
  ) {}

  next(indent: string, spaced = false): void {
    if (!this.#first) this.out.write(`${spaced ? "\n\n" : "\n"}${indent}`);
    this.#first = false;
  }

  unit(unit: Unit, indent: string): void {
    this.next(indent, unit.spaced);
    this.out.keepAt(unit.start, unit.end, this.inner, indent);
  }
}

export function writeBatchBody(lines: Lines, body: BatchBody): void {
  const sinks = body.before.filter(({ kind }) => kind === "sink").flatMap(({ units }) => units);
  for (const segment of body.before) writeSegment(lines, segment, body, sinks);
  writeLoop(lines, body, sinks);
  for (const segment of body.after) writeSegment(lines, segment, body, sinks);
}

export function usedSinks(sinks: readonly Unit[], nodes: readonly ts.Node[]): Unit[] {
  const used: Unit[] = [];
  const wanted = [...nodes];
  for (const sink of [...sinks].reverse()) {
    if (wanted.some((node) => mentions(node, new Set(declaredBy(sink.statement))))) {
      used.unshift(sink);
      wanted.push(sink.statement);
    }
  }
  return used;
}

/** The text of what is made again, moved to where it is made; the inside of template literals stays. */
function sunk({ out: { tree }, inner }: Lines, { start, end }: Unit, indent: string): string {
  const { text, source } = tree;
  const literals = literalRanges(source);
  let moved = "";
  let at = start;
  for (let line = nextLine(text, start); line < end; line = nextLine(text, line)) {
    if (!text.startsWith(inner, line) || literals.some((range) => range.start < line && line < range.end)) continue;
    moved += text.slice(at, line) + indent;
    at = line + inner.length;
  }
  return moved + text.slice(at, end);
}

function writeSegment(lines: Lines, segment: Segment, body: BatchBody, sinks: readonly Unit[]): void {
  const { out } = lines;
  const { access, outer, style } = body;
  const unit = style.indent;
  const async = segment.units.some(({ statement }) => hasOwn(statement, ts.isAwaitExpression));
  if (segment.kind === "sink") return;
  if (segment.kind === "plain") {
    for (const one of segment.units) lines.unit(one, outer);
    return;
  }
  const prepared = usedSinks(
    sinks,
    segment.units.map(({ statement }) => statement),
  );
  const [first] = segment.units;
  if (first === undefined) return;
  if (segment.kind === "value") {
    const declaration = ts.isVariableStatement(first.statement) ? first.statement.declarationList.declarations[0] : undefined;
    const initializer = declaration?.initializer;
    if (initializer === undefined) return;
    lines.next(outer, first.spaced);
    const start = initializer.getStart(out.tree.source);
    out.keepAt(first.start, start, lines.inner, outer);
    writeValue(lines, body, initializer, prepared, async);
    out.keepAt(initializer.end, first.end, lines.inner, outer);
    return;
  }
  lines.next(outer, first.spaced);
  out.write(access.open(async));
  for (const one of prepared) out.write(`\n${outer}${unit}${sunk(lines, one, outer + unit)}`);
  for (const [index, one] of segment.units.entries()) {
    out.write(`${index > 0 && one.spaced ? "\n\n" : "\n"}${outer}${unit}`);
    out.keepAt(one.start, one.end, lines.inner, outer + unit);
  }
  out.write(`\n${outer}${access.close}${style.semi}`);
}

/** An expression in a transaction of its own, which gives its value. */
export function writeValue(lines: Lines, { access, outer, style }: Pick<BatchBody, "access" | "outer" | "style">, value: ts.Expression, prepared: readonly Unit[], async: boolean): void {
  const { out } = lines;
  const start = value.getStart(out.tree.source);
  if (prepared.length > 0) {
    const unit = outer + style.indent;
    out.write(access.open(async));
    for (const one of prepared) out.write(`\n${unit}${sunk(lines, one, unit)}`);
    out.write(`\n${unit}return `).keepAt(start, value.end, lines.inner, unit);
    out.write(`${style.semi}\n${outer}${access.close}`);
    return;
  }
  if (isBrokenChain(out.tree, value) && access.closeValue === ")") {
    // As formatters lay it out: a chain over several lines begins on a line of its own.
    const unit = outer + style.indent;
    out.write(`${access.openValue(async).trimEnd()}\n${unit}`).keepAt(start, value.end, lines.inner, unit);
    out.write(`${style.trailingComma ? "," : ""}\n${outer})`);
    return;
  }
  const literal = ts.isObjectLiteralExpression(value);
  out.write(access.openValue(async) + (literal ? "(" : "")).keepAt(start, value.end, lines.inner, outer);
  out.write((literal ? ")" : "") + access.closeValue);
}

/** `tx.select()` and what follows it, each on a line that begins with its dot. */
function isBrokenChain({ text, source }: Tree, value: ts.Expression): boolean {
  let call = ts.isAwaitExpression(value) ? value.expression : value;
  while (ts.isPropertyAccessExpression(call) || ts.isNonNullExpression(call)) call = call.expression;
  if (!ts.isCallExpression(call) || !ts.isPropertyAccessExpression(call.expression)) return false;
  return /\n[ \t]*\??\.$/.test(text.slice(call.expression.expression.end, call.expression.name.getStart(source)));
}

function writeLoop(lines: Lines, body: BatchBody, sinks: readonly Unit[]): void {
  const { out } = lines;
  const { source, text } = out.tree;
  const { loop, loopUnit, outer, inner, style, access } = body;
  const statementStart = loop.statement.getStart(source);
  lines.next(outer, loopUnit.spaced);
  out.keepAt(loopUnit.start, statementStart, inner, outer);

  const prepared = usedSinks(sinks, [loop.body]);
  const async = loop.async || access.promises ? "async " : "";
  const handle = access.handle ?? (loop.index === undefined ? undefined : "_tx");
  const more = [handle, loop.index].filter((one) => one !== undefined).map((one) => `, ${one}`);
  const options = `{ batchSize: ${body.batchSize}${body.label === undefined ? "" : `, label: ${quoted(body.label, style)}`} }`;
  const call = `${body.async ? "await " : ""}${body.batched}(`;
  const wide = outer !== inner;
  // One step in, also where the transaction's body stood deeper: as an argument on a line of its own.
  const at = wide ? outer + style.indent : outer;
  if (wide) out.write(`${call}\n${at}${access.batches},\n${at}${loop.items},\n${at}${async}(`);
  else out.write(`${call}${access.batches}, ${loop.items}, ${async}(`);
  if (typeof loop.item === "string") out.write(loop.item);
  else out.keep(loop.item.start, loop.item.end);
  out.write(`${more.join("")}) => `);

  const start = loop.body.getStart(source);
  const bodyIndent = at + style.indent;
  if (ts.isBlock(loop.body)) {
    if (prepared.length === 0) out.keepAt(start, loop.body.end, inner, at, loop.bodyEdits);
    else {
      out.keep(start, start + 1);
      for (const one of prepared) out.write(`\n${bodyIndent}${sunk(lines, one, bodyIndent)}`);
      out.keepAt(start + 1, loop.body.end, inner, at, loop.bodyEdits);
    }
  } else if (ts.isStatement(loop.body)) {
    out.write(`{\n${[...prepared.map((one) => sunk(lines, one, bodyIndent)), ""].map((one) => bodyIndent + one).join("\n")}`);
    out.keepAt(start, loop.body.end, inner, at, loop.bodyEdits).write(`\n${at}}`);
  } else if (prepared.length > 0) {
    out.write(`{\n${[...prepared.map((one) => sunk(lines, one, bodyIndent)), ""].map((one) => bodyIndent + one).join("\n")}`);
    out.keepAt(start, loop.body.end, inner, at).write(`${style.semi}\n${at}}`);
  } else out.keepAt(start, loop.body.end, inner, at);
  if (wide) out.write(`,\n${at}${options}${style.trailingComma ? "," : ""}\n${outer})${style.semi}`);
  else out.write(`, ${options})${style.semi}`);
  // A comment on the loop's last line stays there.
  const trailing = text.slice(loop.statement.end, loopUnit.end);
  if (trailing !== "") out.keep(loop.statement.end, loopUnit.end);
}
