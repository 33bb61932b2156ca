import { SessionOptionError } from "./errors.js";

/** Deeper nesting than this is taken for a circle. */
const DEEPEST = 200;

/**
 * A text that two values share exactly if they are equal to the last detail: `-0` is not `0`, a `Map` keeps its order, an
 * object's keys have none. Each value says where it ends, so that the texts of several can follow each other.
 *
 * @throws {SessionOptionError} for what cannot be compared: functions, symbols, instances of classes.
 */
export function canonical(value: unknown, depth = 0): string {
  switch (typeof value) {
    case "string": return `s${value.length}:${value}`;
    case "number": return `d${Object.is(value, -0) ? "-0" : value};`;
    case "bigint": return `i${value};`;
    case "boolean": return value ? "t" : "f";
    case "undefined": return "u";
    case "object": return value === null ? "n" : canonicalObject(value, depth);
    default: throw notComparable(typeof value === "function" ? "a function" : "a symbol");
  }
}

function canonicalObject(value: object, depth: number): string {
  if (depth >= DEEPEST) throw notComparable("an object that contains itself, or is nested too deeply,");
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null) return plain(value, depth);
  if (Array.isArray(value)) return many("a", value, depth);
  if (ArrayBuffer.isView(value)) return bytes(tagOf(value), Buffer.from(value.buffer, value.byteOffset, value.byteLength));
  switch (tagOf(value)) {
    case "[object Date]": return `D${(value as Date).getTime()};`;
    case "[object Map]": return many("M", [...(value as Map<unknown, unknown>)].flat(), depth);
    case "[object Set]": return many("S", [...(value as Set<unknown>)], depth);
    case "[object ArrayBuffer]": return bytes("", Buffer.from(value as ArrayBuffer));
  }
  if (isPlainElsewhere(prototype)) return plain(value, depth);
  throw notComparable(`an instance of ${(value.constructor as { name?: string } | undefined)?.name || "a class"}`);
}

function plain(value: object, depth: number): string {
  if (Object.getOwnPropertySymbols(value).length > 0) throw notComparable("an object with symbols as keys");
  const keys = Object.keys(value).sort();
  let text = `o${keys.length}:`;
  for (const key of keys) text += canonical(key) + canonical((value as Record<string, unknown>)[key], depth + 1);
  return text;
}

function many(tag: string, values: readonly unknown[], depth: number): string {
  let text = `${tag}${values.length}:`;
  // By index, because holes count.
  for (let index = 0; index < values.length; index++) text += canonical(values[index], depth + 1);
  return text;
}

function bytes(tag: string, content: Buffer): string {
  return `b${tag}${content.length}:${content.toString("latin1")}`;
}

function tagOf(value: object): string {
  return Object.prototype.toString.call(value);
}

/** A plain object of another realm, such as a `vm` context: its prototype is that realm's `Object.prototype`. */
function isPlainElsewhere(prototype: unknown): boolean {
  return typeof prototype === "object" && prototype !== null && Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, "isPrototypeOf");
}

function notComparable(what: string): SessionOptionError {
  return new SessionOptionError(`An item is or contains ${what}, which cannot be compared with that of an earlier run. Give resume the option fingerprint: a text that is the same exactly if the input is, such as a checksum of the file. Or pass plain objects.`);
}
