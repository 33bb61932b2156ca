import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { narrowFacts } from "../../../src/core/facts/narrow.js";
import { outlineOf, type Outline } from "../../../src/core/facts/outline.js";
import type { FileFacts } from "../../../src/core/facts/types.js";
import { factsOf, fn } from "./facts-of.js";

/** What these units speak of, directly or not, and the module's own code. */
function closed({ units }: Outline, starts: Iterable<number>): Set<number> {
  const all = new Set([0, ...starts]);
  // A Set's iteration also visits what is added meanwhile.
  for (const unit of all) for (const other of units[unit]?.units ?? []) all.add(other);
  return all;
}

/** The facts of what the exports of these names lead to. */
function narrowed(facts: FileFacts, ...names: string[]): FileFacts {
  const outline = outlineOf(facts);
  return narrowFacts(facts, closed(outline, names.flatMap((name) => outline.exports.get(name) ?? [])));
}

const TEXT = `
import { open } from "./db";
import { zip } from "./zip";
const label = (n: number) => zip(String(n));
export function first(list: string[]) { for (const each of list) console.log(label(each.length)); }
class Idle { run() { try { return label(1); } catch { throw new Error("idle"); } } }
export const idle = () => new Idle().run();
interface Kept { rows: string[] }
export class Store {
  #db = open();
  constructor(private readonly kept: Kept) {}
  async all(): Promise<Kept> {
    for (const row of this.kept.rows) await this.#db.run(row);
    return wrap(this.kept);
  }
}
function wrap<T>(value: T) { return [1, 2].map((n) => [n, value]); }
open().ping();
`;

describe("facts of a part of a file", () => {
  const facts = factsOf(TEXT);

  it("have what the part speaks of, and what the module runs, and no more", () => {
    const part = narrowed(facts, "Store");
    expect(part.functions.map(({ name }) => name)).toEqual(["", "constructor", "all", "wrap", ""]);
    expect(part.classes.map(({ name }) => name)).toEqual(["Store"]);
    expect(part.calls.map(({ span }) => TEXT.slice(span.start, span.end))).toEqual(["open()", "this.#db.run(row)", "wrap(this.kept)", "[1, 2].map((n) => [n, value])", "open().ping()", "open()"]);
    expect(part.loops.map(({ kind }) => kind)).toEqual(["for-of", "callback"]);
    expect(part.tries).toEqual([]);
    expect(part.throws).toEqual([]);
    expect(part.exports.map((entry) => (entry.k === "star" ? "*" : entry.name))).toEqual(["Store"]);
  });

  it("name their own parts", () => {
    const part = narrowed(facts, "Store");
    for (const [key, all] of [["functions", part.functions], ["classes", part.classes], ["variables", part.variables], ["calls", part.calls], ["loops", part.loops]] as const) expect(all.map(({ id }) => id), key).toEqual([...all.keys()]);
    const all = fn(part, "all");
    expect(part.classes[all.class ?? -1]?.members.find(({ name }) => name === "all")?.fn).toBe(all.id);
    const [loop] = part.loops;
    expect(loop?.fn).toBe(all.id);
    expect(part.calls.filter((call) => call.loop === loop?.id).map(({ span }) => TEXT.slice(span.start, span.end))).toEqual(["this.#db.run(row)"]);
    expect(part.variables[fn(part, "wrap").params[0]?.variable ?? -1]?.name).toBe("value");
  });

  it("have what is exported of which nothing is known", () => {
    const text = `export class A { }\nexport default -n;\nexport const a = () => 1;\nexport const b = () => a();`;
    expect(narrowed(factsOf(text), "A").exports.map((entry) => (entry.k === "star" ? "*" : entry.name))).toEqual(["A", "default"]);
  });

  it("are the facts themselves where nearly all of it stays", () => {
    expect(narrowed(facts, "Store", "first", "idle")).toBe(facts);
  });
});

describe("facts of any part of the sources here", () => {
  const folder = new URL("../../../src/core/link/", import.meta.url);
  const files = readdirSync(folder).filter((file) => file.endsWith(".ts"));
  const known = new Map<string, { facts: FileFacts; outline: Outline }>();
  const read = (file: string) => {
    const facts = factsOf(readFileSync(new URL(file, folder), "utf8"), file);
    const made = { facts, outline: outlineOf(facts) };
    known.set(file, made);
    return made;
  };

  it("are those of the whole file without the rest", () => {
    fc.assert(
      fc.property(fc.constantFrom(...files), fc.array(fc.nat(), { maxLength: 4 }), (file, picks) => {
        const { facts, outline } = known.get(file) ?? read(file);
        const part = narrowFacts(facts, closed(outline, picks.map((pick) => pick % outline.units.length)));
        const places = new Map(facts.calls.map((call) => [`${call.kind} ${call.span.start} ${call.span.end}`, call]));
        for (const call of part.calls) {
          const whole = places.get(`${call.kind} ${call.span.start} ${call.span.end}`);
          // What a part speaks of is in the part: nothing in it has become unknown.
          expect(shape(part, [call.callee, call.args, call.typeArgs, call.fn === 0 ? "" : part.functions[call.fn]?.span])).toEqual(shape(facts, [whole?.callee, whole?.args, whole?.typeArgs, whole?.fn === 0 ? "" : facts.functions[whole?.fn ?? -1]?.span]));
        }
        for (const each of part.assigns) {
          const whole = facts.assigns.find(({ span, target, op }) => span.start === each.span.start && span.end === each.span.end && target.k === each.target.k && op === each.op && JSON.stringify(shape(facts, target)) === JSON.stringify(shape(part, each.target)));
          expect(shape(part, each.value)).toEqual(shape(facts, whole?.value));
        }
        for (const [index, each] of part.loops.entries()) expect(shape(part, [index, each.bound])).toEqual(shape(facts, [index, facts.loops.find(({ span, kind }) => span.start === each.span.start && span.end === each.span.end && kind === each.kind)?.bound]));
        for (const each of part.functions) {
          const whole = facts.functions.find(({ span, name, kind }) => span.start === each.span.start && span.end === each.span.end && name === each.name && kind === each.kind);
          expect(shape(part, [each.returns, each.params, each.returnType])).toEqual(shape(facts, [whole?.returns, whole?.params, whole?.returnType]));
        }
      }),
      { numRuns: 150 },
    );
  });
});

/** The same with what ids mean in their place. */
function shape(facts: FileFacts, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => shape(facts, item));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, part]: [string, unknown]): [string, unknown] => {
    if (key === "variable" || (key === "head" && typeof part === "number")) return [key, nameOf(facts, part as number)];
    if (key === "id" && "k" in value) {
      if (value.k === "var") return [key, nameOf(facts, part as number)];
      if (value.k === "call") return [key, facts.calls[part as number]?.span.start];
      if (value.k === "fn") return [key, facts.functions[part as number]?.span.start];
      if (value.k === "class") return [key, facts.classes[part as number]?.name];
    }
    if (key === "fn" && "k" in value) return [key, facts.functions[part as number]?.span.start];
    return [key, shape(facts, part)];
  });
  return Object.fromEntries(entries);
}

function nameOf(facts: FileFacts, id: number): string {
  const variable = facts.variables[id];
  return `${variable?.name} ${variable?.span?.start}`;
}
