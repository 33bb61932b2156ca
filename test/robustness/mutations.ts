import { endOf, isNode, startOf, type Node } from "../../src/core/facts/ast.js";
import { parseSource } from "../../src/project/parse.js";

export const KINDS = [
  "drop-token", "double-token", "swap-tokens", "drop-node", "double-node", "swap-nodes", "splice-node", "wrap", "wrap-deeply", "rename",
  "line-ends", "odd-text", "prefix", "tag", "enlarge",
] as const;

/** One change. What the numbers choose depends on the text, so that any numbers do. */
export interface Mutation {
  kind: (typeof KINDS)[number];
  at: number;
  other: number;
}

const CLASHING = ["constructor", "__proto__", "hasOwnProperty", "toString", "valueOf", "then", "prototype", "name", "length", "__defineGetter__", "undefined", "arguments", "eval", "async", "of", "get", "set", "type", "require", "exports", "module", "globalThis", "öffne", "\\u0061b", "𠮷", "ﬀ"];
const LINE_ENDS = ["\r\n", "\r", "\u2028", "\u2029", "\n\n\r\n\r"];
const ODD_TEXT = ["'\ud800'", "'\udc00 \ud83d\ude00'", "/*\ufeff*/", "/* \u2028 */", "`\u0000`", "'\\u{10ffff}'", "/* 👩‍👩‍👧‍👦 */", "\u00a0", "\u200b", "1e999", "-0", "0x1n", "9007199254740993", "/(?<a>.)\\k<a>/v", "'__proto__'", "`\\unicode and ${`${1}`}`"];
const PREFIXES = ["\ufeff", "#!/usr/bin/env node\n", "#!\r\n", "'use strict';\n", "<!-- html\n", "/**/", "\n\r\n", "\ufeff#!node\n"];
const TAGS = ["/** @atomic */ ", "/* @constructor @__proto__ */ ", "// @atomic\n", "/** @sessionfix-ignore */", "/*@*/", "/** @atomic"];
const EXPRESSION_WRAPS = ["(@)", "[@]", "[...[@]]", "({ a: @ }).a", "(() => @)()", "(async () => { return await @; })()", "(@ ?? (@))", "(@ ? @ : 0)", "void (@)", "typeof (@)", "!(@)", "`a${@}b`", "f(@)", "new (@)", "(@)?.a", "(@)[0]", "delete (@).a", "(x = @)", "(x ??= @)", "(function* () { yield @; })", "class { static a = @; [@]() {} }", "(0, @)", "import(@)", "((@) + 'x')", "[1].map(() => @)", "({ get a() { return @; } })", "((a = @) => a)()", "(@ || (x = @))", "(@) in x"];
const STATEMENT_WRAPS = ["{ @ }", "if (x) { @ }", "if (!x) { @ } else { @ }", "for (;;) { @ }", "for (const a of x) { @ }", "for (const a in x) { @ }", "for (let i = 0; i < x.length; i += 2) { @ }", "while (x) { @ }", "do { @ } while (x)", "try { @ } catch { @ }", "try { } catch ({ a }) { @ } finally { @ }", "function h() { @ }", "async function k(a) { @ }", "switch (x) { case 1: @ }", "name: { @ }", "(() => { @ })();", "class Q { static { @ } m() { @ } }", "x.forEach((y) => { @ });"];

const TOKEN = /\/\*[^]*?\*\/|\/\/.*|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\[^])*`|[\p{ID_Start}$_#][\p{ID_Continue}$\u200c\u200d]*|\d[\w.]*|=>|\?\?=?|\?\.|\*\*=?|&&=?|\|\|=?|\.\.\.|[=!<>+\-*/%&|^]=+|\+\+|--|\S/gu;

interface Range {
  start: number;
  end: number;
}

/** The text with the changes made, one after the other. A change after which it no longer parses is left out. */
export function mutate(file: string, text: string, mutations: readonly Mutation[], others: readonly string[]): string {
  let current = text;
  for (const mutation of mutations) {
    const next = apply(file, current, mutation, others);
    if (next !== current && next.length < 200_000 && parsedNodes(file, next) !== undefined) current = next;
  }
  return current;
}

function apply(file: string, text: string, { kind, at, other }: Mutation, others: readonly string[]): string {
  switch (kind) {
    case "drop-token":
      return replace(text, pick(tokens(text), at), "");
    case "double-token": {
      const token = pick(tokens(text), at);
      return token ? replace(text, token, `${slice(text, token)} ${slice(text, token)}`) : text;
    }
    case "swap-tokens":
      return swap(text, pick(tokens(text), at), pick(tokens(text), other));
    case "drop-node":
      return replace(text, pick(nodesOf(file, text).flat(), at), "");
    case "double-node": {
      const [statements] = nodesOf(file, text);
      const node = pick(statements, at);
      return node ? replace(text, node, `${slice(text, node)}\n${slice(text, node)}`) : text;
    }
    case "swap-nodes": {
      const group = pick(nodesOf(file, text), at + other);
      return swap(text, pick(group, at), pick(group, other));
    }
    case "splice-node": {
      const from = others[other % others.length] ?? "";
      const group = at % 3;
      const node = pick(nodesOf(file, text)[group], at);
      const piece = pick(nodesOf(file, from)[group], other);
      return node && piece ? replace(text, node, slice(from, piece)) : text;
    }
    case "wrap":
    case "wrap-deeply": {
      const isStatement = other % 2 === 0;
      const [statements, expressions] = nodesOf(file, text);
      const node = pick(isStatement ? statements : expressions, at);
      const wrap = pick(isStatement ? STATEMENT_WRAPS : EXPRESSION_WRAPS, other >> 1);
      if (!node || wrap === undefined) return text;
      let inside = slice(text, node);
      // A wrap that holds its content twice doubles it each time.
      const times = kind === "wrap" ? 1 : wrap.split("@").length > 2 ? 3 : 20 + (at % 100);
      for (let i = 0; i < times; i++) inside = wrap.replaceAll("@", () => inside);
      return replace(text, node, inside);
    }
    case "rename": {
      const names = [...new Set(text.match(/(?<![\w$#\\])[A-Za-z_$][\w$]*/g) ?? [])];
      const name = pick(names, at);
      const clash = pick(CLASHING, other) ?? "";
      return name === undefined ? text : text.replace(new RegExp(`(?<![\\w$#\\\\])${name.replaceAll("$", "\\$")}(?![\\w$])`, "g"), () => clash);
    }
    case "line-ends":
      return text.replace(/\r\n|[\n\r\u2028\u2029]/g, pick(LINE_ENDS, at) ?? "\n");
    case "odd-text": {
      const odd = pick(ODD_TEXT, other) ?? "";
      const [, expressions] = nodesOf(file, text);
      const node = pick(expressions, at);
      const token = pick(tokens(text), at);
      if (node && other % 3 !== 0) return replace(text, node, odd);
      return token ? replace(text, token, `${slice(text, token)}${odd}`) : text;
    }
    case "prefix":
      return `${pick(PREFIXES, at) ?? ""}${text}`;
    case "tag": {
      const node = pick(nodesOf(file, text).flat(), at);
      return node ? `${text.slice(0, node.start)}${pick(TAGS, other) ?? ""}${text.slice(node.start)}` : text;
    }
    case "enlarge": {
      const [statements] = nodesOf(file, text);
      const node = pick(statements, at);
      return node ? replace(text, node, `${slice(text, node)}\n`.repeat(2 + (other % 40))) : text;
    }
  }
}

function pick<T>(list: readonly T[] | undefined, index: number): T | undefined {
  return list && list.length > 0 ? list[index % list.length] : undefined;
}

function tokens(text: string): Range[] {
  return [...text.matchAll(TOKEN)].map((match) => ({ start: match.index, end: match.index + match[0].length }));
}

type Groups = readonly [Range[], Range[], Range[]];

/** Each text is asked for several times in a row. */
const known = new Map<string, Groups | undefined>();

/** Statements, expressions, and patterns and types; undefined when the text does not parse. */
function parsedNodes(file: string, text: string): Groups | undefined {
  const key = `${file}\0${text}`;
  if (known.has(key)) return known.get(key);
  const groups = readNodes(file, text);
  if (known.size > 50) known.clear();
  known.set(key, groups);
  return groups;
}

function nodesOf(file: string, text: string): Groups {
  return parsedNodes(file, text) ?? [[], [], []];
}

function readNodes(file: string, text: string): Groups | undefined {
  const groups: [Range[], Range[], Range[]] = [[], [], []];
  const parsed = parseSource(file, text);
  if (!parsed.ok) return undefined;
  // What is cut out of a text with a byte order mark moves by one.
  const offset = text.length - parsed.text.length;
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(visit);
    if (!isNode(value)) return;
    const range = { start: startOf(value) + offset, end: endOf(value) + offset };
    if (value.type !== "Program") groups[groupOf(value)].push(range);
    for (const key of Object.keys(value)) if (key !== "parent") visit(value[key]);
  };
  visit(parsed.program);
  return groups;
}

function groupOf({ type }: Node): 0 | 1 | 2 {
  if (/(?:Statement|Declaration)$/.test(type)) return 0;
  return /(?:Expression|Literal|^Identifier)$/.test(type) ? 1 : 2;
}

function slice(text: string, { start, end }: Range): string {
  return text.slice(start, end);
}

function replace(text: string, range: Range | undefined, by: string): string {
  return range ? text.slice(0, range.start) + by + text.slice(range.end) : text;
}

function swap(text: string, one: Range | undefined, other: Range | undefined): string {
  if (!one || !other) return text;
  const [first, second] = one.start <= other.start ? [one, other] : [other, one];
  if (first.end > second.start) return text;
  return text.slice(0, first.start) + slice(text, second) + text.slice(first.end, second.start) + slice(text, first) + text.slice(second.end);
}

/** Takes tokens out of a text without asking whether it still parses. */
export function damage(text: string, hits: readonly (readonly [at: number, kind: number])[]): string {
  let current = text;
  for (const [at, kind] of hits) {
    const token = pick(tokens(current), at);
    if (token) current = kind % 3 === 0 ? current.slice(0, token.end) : replace(current, token, kind % 3 === 1 ? "" : `${slice(current, token)} ${slice(current, token)}`);
  }
  return current;
}
